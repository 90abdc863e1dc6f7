import { got } from '../contract/got.ts'

/** What a number may be: an integer from `least` to `most`, and `Infinity` only where that is `most`. */
interface Range {
  readonly least: number
  readonly most: number
}

/**
 * Options that are all numbers, with the default of each that was left out, also by `undefined`.
 *
 * Throws a `TypeError` that names the option: one that has no default, or a number out of range.
 */
export function numberOptions<T extends object>(
  defaults: T,
  given: Partial<T> | undefined,
  range: Range & { readonly name: string },
): T {
  const options = { ...defaults }
  for (const [key, value] of Object.entries(given ?? {})) {
    if (value === undefined) continue
    if (!(key in defaults)) throw new TypeError(`Expected a known option in \`${range.name}\`, got \`${key}\``)
    checkNumber(`${range.name}.${key}`, value, range)
    // `key` was found in the defaults, and all their values are numbers.
    Object.assign(options, { [key]: value })
  }
  return options
}

/** Throws a `TypeError` that names the option. */
export function checkNumber(name: string, value: unknown, { least, most }: Range): void {
  const isNumber = typeof value === 'number' && (Number.isSafeInteger(value) || value === most)
  if (isNumber && value >= least && value <= most) return
  const upTo = most < Number.MAX_SAFE_INTEGER ? ` and <= ${most}` : ''
  throw new TypeError(`Expected \`${name}\` to be an integer >= ${least}${upTo}, got ${got(value)}`)
}
