/** What is told of several measurements of the same thing: the middle one, and how far the others lie from it. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  /** In the order in which they were measured. */
  readonly values: readonly number[]
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (least === undefined || most === undefined)
    throw new RangeError('Expected `values` to hold at least one, got none')
  return { median: quantile(sorted, 0.5), least, most, values }
}

/**
 * What one is to another that was measured in the same rounds: the middle of the ratios of each round, since what the machine does
 * besides in one minute falls on both.
 * @returns `undefined` where the other is nothing, to which there is no ratio
 */
export function ratioOf(own: Spread, other: Spread): number | undefined {
  const ratios = own.values
    .slice(0, other.values.length)
    .map((value, round) => value / (other.values[round] ?? Number.NaN))
    .filter((ratio) => Number.isFinite(ratio))
  return ratios.length === 0 ? undefined : spreadOf(ratios).median
}

/**
 * Between two values it lies on the line between them, as most tools have it.
 * @param sorted ascending, at least one
 * @param share 0 for the least, 1 for the most
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) throw new RangeError('Expected `sorted` to hold at least one value, got none')
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
