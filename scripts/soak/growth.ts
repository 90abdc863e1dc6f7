/** Whether memory grows: by how much over the settled part of a run, judged so that single samples do not count. */

export interface MemoryPoint {
  readonly atMs: number
  readonly bytes: number
}

export interface Growth {
  /** Of the settled part. */
  readonly medianBytes: number
  /** By the slope that lies in the middle of those between all pairs of samples (Theil and Sen), over the settled part. */
  readonly grownBytes: number
  readonly mayGrowBytes: number
  readonly bytesPerMinute: number
  readonly grows: boolean
}

/** Until then the compilers and pools of the runtimes are still at work. */
const SETTLED_AFTER = 0.4
/** What may be, in either direction: what is under way differs from sample to sample. */
const TOLERATED_SHARE = 0.15
const TOLERATED_BYTES = 3 * 1024 * 1024

export function judgeGrowth(points: readonly MemoryPoint[]): Growth {
  const [begin, end] = [points[0]?.atMs ?? 0, points.at(-1)?.atMs ?? 0]
  const settled = points.filter(({ atMs }) => atMs >= begin + (end - begin) * SETTLED_AFTER)
  const medianBytes = median(settled.map(({ bytes }) => bytes))
  const spanMs = end - (settled[0]?.atMs ?? end)
  const slope = median(slopesOf(settled))
  const mayGrowBytes = Math.max(TOLERATED_BYTES, TOLERATED_SHARE * medianBytes)
  const grownBytes = slope * spanMs
  return { medianBytes, grownBytes, mayGrowBytes, bytesPerMinute: slope * 60_000, grows: grownBytes > mayGrowBytes }
}

function slopesOf(points: readonly MemoryPoint[]): number[] {
  return points.flatMap((from, index) =>
    points.slice(index + 1).map((to) => (to.bytes - from.bytes) / (to.atMs - from.atMs)),
  )
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle] ?? 0
  return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
