/** The largest message that the stand `echo` takes. */
export const ECHO_BYTES = 64 * 1024
/** Of the stand `guarded`. */
export const SHORT_HANDSHAKE_MS = 400

/** Of a process in which something open kept the listeners from closing. */
export const EXIT_CODE_OF_HANGING = 3

/** What the process says of itself. */
export interface WireUsage {
  readonly rssBytes: number
  /** Of all its threads, since it began. */
  readonly cpuMs: number
  readonly connections: number
}
