import { elementwise, type Layout, Misfit } from './layout.ts'

/** Booleans, bigints and bytes lie as they do in plain values. */
export const booleanLayout: Layout = elementwise({
  proves: true,
  measure: (value) => (typeof value === 'boolean' ? 1 : -1),
  write(out, value) {
    if (typeof value !== 'boolean') return false
    out.writeBoolean(value)
    return true
  },
  read: (from) => fitting(from.read(), (value) => typeof value === 'boolean'),
})

export const bigintLayout: Layout = elementwise({
  proves: true,
  write(out, value) {
    if (typeof value !== 'bigint') return false
    out.packPlain(value, 0)
    return true
  },
  read: (from) => fitting(from.read(), (value) => typeof value === 'bigint'),
})

export const bytesLayout: Layout = elementwise({
  proves: true,
  write(out, value) {
    if (!(value instanceof Uint8Array)) return false
    out.writeBytes(value)
    return true
  },
  read: (from) => fitting(from.read(), (value) => value instanceof Uint8Array),
})

/** At most: there are fewer options than two bytes can count. */
const PLACE_BYTES = 3

/** One of a few values, by its place among them. */
export function optionLayout(options: readonly unknown[]): Layout {
  const places = new Map<unknown, number>()
  for (const [place, option] of options.entries()) if (!places.has(option)) places.set(option, place)
  return elementwise({
    proves: true,
    measure(value) {
      const place = places.get(value)
      return place !== undefined && Object.is(options[place], value) ? PLACE_BYTES : -1
    },
    write(out, value) {
      const place = places.get(value)
      if (place === undefined) return false
      // Validation takes -0 for 0, and lets it through as it is.
      if (!Object.is(options[place], value)) return out.refuse()
      out.writeInteger(place)
      return true
    },
    read(from) {
      const place = from.read()
      if (typeof place !== 'number' || !(place in options)) throw new Misfit()
      return options[place]
    },
  })
}

/**
 * Values of unknown shape, as they lie anywhere else.
 *
 * @param proves whether all values are valid
 * @param depth how many containers there are around it
 */
export function plainLayout(proves: boolean, depth: number): Layout {
  return {
    ...elementwise({
      proves,
      write(out, value) {
        if (typeof value === 'string') return out.packText(value)
        out.packPlain(value, depth)
        return true
      },
      read: (from) => from.read(),
    }),
    isOpen: true,
  }
}

function fitting(value: unknown, fits: (value: unknown) => boolean): unknown {
  if (!fits(value)) throw new Misfit()
  return value
}
