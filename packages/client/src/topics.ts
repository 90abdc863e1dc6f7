/**
 * All topics that a client listens to.
 *
 * Owns: which event belongs to which topic. Must not know: connections, what a listener does.
 */
import type { Contract, ProcedureEntry } from '@tautline/core'
import { encodeCanonically, formOf } from '@tautline/core/peer'
import { type EventFrame, type Payload, payloadKey } from '@tautline/core/protocol'
import type { Listening } from './client-types.ts'
import type { Line } from './line.ts'
import { type Listener, Topic } from './topic.ts'

export class Topics {
  readonly #line: Line
  readonly #contract: Contract
  readonly #topics = new Map<string, Topic>()

  constructor(line: Line, contract: Contract) {
    this.#line = line
    this.#contract = contract
  }

  /** Throws `UNSERIALISABLE`. */
  listen(entry: ProcedureEntry, params: unknown, listener: Listener): Listening {
    const encoded = encodeCanonically(this.#line.codec, params)
    const key = keyOf(entry.path, encoded)
    const known = this.#topics.get(key)
    if (known !== undefined) return known.add(listener)
    const topic = new Topic(this.#line, { entry, params: encoded }, () => void this.#topics.delete(key))
    this.#topics.set(key, topic)
    return topic.add(listener)
  }

  /** Events of topics that nobody listens to any more were under way when that ended. */
  receive({ event, params, payload }: Pick<EventFrame, 'event' | 'params' | 'payload'>): void {
    const path = typeof event === 'number' ? this.#contract.procedures[event]?.path : event
    if (path !== undefined) this.#topics.get(keyOf(path, params))?.receive(payload, formOf(event))
  }
}

/** Paths have no white space. */
function keyOf(path: string, params: Payload | undefined): string {
  return params === undefined ? path : `${path} ${payloadKey(params)}`
}
