/** What calls, streams and topics need of the client that they belong to. */
import type { ProcedureEntry } from '@tautline/core'
import type { Clock } from '@tautline/core/io'
import type { Caller, CallObserver, PackingCodec, ValueReader } from '@tautline/core/peer'
import type { ProcedureRef } from '@tautline/core/protocol'
import type { Intents } from './intents.ts'

export interface Line {
  readonly clock: Clock
  readonly codec: PackingCodec
  readonly reader: ValueReader
  readonly intents: Intents
  /** Of calls that say nothing else, in ms. */
  readonly timeoutMs: number | undefined
  /** Told of every call and stream. */
  readonly observer: CallObserver | undefined
  /** Takes what has nobody else to go to. Never throws. */
  readonly report: (error: unknown) => void
}

/** A connection, as far as intents use it. */
export interface Carrier {
  readonly caller: Caller
  /** Index or path, by what the other end is known to hold. */
  readonly refOf: (entry: ProcedureEntry) => ProcedureRef
}

/** Where something is under way. */
export interface Place {
  readonly caller: Caller
  readonly id: number
}
