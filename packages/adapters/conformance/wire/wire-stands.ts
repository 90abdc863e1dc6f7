import type { LimitName, PrincipalLimits } from '@tautline/server'

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

/** Each with a burst of one second, so that as much may come at once. */
export type MeteredRates = Pick<PrincipalLimits, 'messagesPerSecond' | 'framesPerSecond' | 'bytesPerSecond'>

/** What the stand `metered` gives. Two connections reach what their principal may send before what each may send. */
export const METERED = {
  connection: { messagesPerSecond: 100, framesPerSecond: 200, bytesPerSecond: 256 * 1024 },
  principal: { messagesPerSecond: 40, framesPerSecond: 150, bytesPerSecond: 128 * 1024 },
} as const satisfies Record<string, MeteredRates>

/** Of a process in which something open kept the listeners from closing. */
export const EXIT_CODE_OF_HANGING = 3

/** What the process says of itself. */
export interface WireUsage {
  readonly rssBytes: number
  /** Of all its threads, since it began. */
  readonly cpuMs: number
  readonly connections: number
  /** How often these stands have limited anybody, by limit. */
  readonly limited: Readonly<Record<'rationed' | 'metered', Readonly<Partial<Record<LimitName, number>>>>>
}
