import type { ServerCapability } from '../capabilities.ts'
import type { FrameOutcome } from './frame-outcome.ts'

/** Bytes that a client may send, or must not, and what RFC 6455 has a server do about them. */
export interface FrameRule {
  /** Of RFC 6455. */
  readonly section: string
  readonly name: string
  readonly bytes: Uint8Array
  readonly demands: FrameOutcome
  /** What the server sends before. @default nothing */
  readonly answers?: readonly string[]
  /** Where the row says no, the runtime is known to do this instead. */
  readonly unless?: KnownFault
}

type KnownFault = readonly [row: ServerCapability, outcome: FrameOutcome, answers?: readonly string[]]

/** What `Deno.serve` does about whatever is broken. */
const DROPPED: KnownFault = ['closeOnViolation', 'dropped']

/** The protocol was broken: 1002. */
export function broken(section: string, name: string, bytes: Uint8Array): FrameRule {
  return { section, name, bytes, demands: 'closed 1002', unless: DROPPED }
}

/** What must be UTF-8 is not: 1007. */
export function garbled(section: string, name: string, bytes: Uint8Array): FrameRule {
  return { section, name, bytes, demands: 'closed 1007', unless: DROPPED }
}

/** What a head declares is past any limit: 1009. */
export function oversized(section: string, name: string, bytes: Uint8Array): FrameRule {
  return { section, name, bytes, demands: 'closed 1009', unless: DROPPED }
}

/** A close frame, answered with the code. */
export function closed(code: number, name: string, bytes: Uint8Array): FrameRule {
  return { section: '5.5.1', name, bytes, demands: `closed ${code}` }
}
