import type { LimitName } from '@tautline/server'

/** The largest message that the stand `echo` takes. */
export const ECHO_BYTES = 64 * 1024
/** Of the stand `guarded`. */
export const SHORT_HANDSHAKE_MS = 400

/** What the stand `rationed` gives. */
export const RATIONS = {
  connectionsPerAddress: 3,
  upgradesAtOnce: 5,
  connectionsPerPrincipal: 2,
  calls: 2,
  streams: 1,
  renewals: 3,
  /** Within half a second, and twice as many in each second. */
  messagesAtOnce: 100,
} as const

/** Of a process in which something open kept the listeners from closing. */
export const EXIT_CODE_OF_HANGING = 3

/** What the process says of itself. */
export interface WireUsage {
  readonly rssBytes: number
  /** Of all its threads, since it began. */
  readonly cpuMs: number
  readonly connections: number
  /** How often the stand `rationed` has limited anybody, by limit. */
  readonly limited: Readonly<Partial<Record<LimitName, number>>>
}
