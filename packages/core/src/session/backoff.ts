/** How long to wait before another attempt: full jitter under a ceiling that doubles with each failure. */
export interface BackoffOptions {
  /** Half of the ceiling of the first retry. @default 500 */
  readonly baseMs?: number | undefined
  /** @default 30,000 */
  readonly maxMs?: number | undefined
}

const DEFAULT_BASE_MS = 500
const DEFAULT_MAX_MS = 30_000
/** 500 ms doubled so often is above the default maximum. */
const MAX_DOUBLINGS = 6

/**
 * A uniformly random delay in ms between 0 (excluded) and `min(maxMs, baseMs * 2^failures)`; the exponent stops at 6.
 * With the defaults the first retry comes within 1 s.
 *
 * @param failures failed attempts in a row, 1 for the first; other values are taken as the nearest valid one
 * @param random gives numbers in [0, 1)
 */
export function backoffDelayMs(failures: number, random: () => number, options: BackoffOptions = {}): number {
  const { baseMs = DEFAULT_BASE_MS, maxMs = DEFAULT_MAX_MS } = options
  const doublings = failures >= 1 ? Math.min(failures, MAX_DOUBLINGS) : 1
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** doublings)
  return (1 - random()) * ceilingMs
}
