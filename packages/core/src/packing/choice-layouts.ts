import { UNDEFINED_BYTES } from '../protocol/extension-types.ts'
import { elementwise, type Layout, Misfit } from './layout.ts'

const NIL = 0xc0

/** `null`, or else a value of the layout. */
export function orNull(layout: Layout): Layout {
  const { measure } = layout
  return {
    ...elementwise({
      proves: layout.proves,
      measure: measure && ((value) => (value === null ? 1 : measure(value))),
      write(out, value) {
        if (value !== null) return layout.write(out, value)
        out.writeNil()
        return true
      },
      read(from) {
        if (from.bytes[from.at] !== NIL) return layout.read(from)
        from.at += 1
        return null
      },
    }),
    isOpen: layout.isOpen,
  }
}

/** `undefined`, or else a value of the layout. */
export function orUndefined(layout: Layout): Layout {
  const { measure } = layout
  return {
    ...elementwise({
      proves: layout.proves,
      measure: measure && ((value) => (value === undefined ? UNDEFINED_BYTES.length : measure(value))),
      write(out, value) {
        if (value !== undefined) return layout.write(out, value)
        for (const byte of UNDEFINED_BYTES) out.writeByte(byte)
        return true
      },
      read(from) {
        if (!isUndefined(from.bytes, from.at)) return layout.read(from)
        from.at += UNDEFINED_BYTES.length
        return undefined
      },
    }),
    isOpen: layout.isOpen,
  }
}

function isUndefined(bytes: Uint8Array, at: number): boolean {
  const [head, type, value] = UNDEFINED_BYTES
  return bytes[at] === head && bytes[at + 1] === type && bytes[at + 2] === value
}

/** In place of the value of a property that is not there. */
export const ABSENT: unique symbol = Symbol('absent')

const EMPTY_MAP = 0x80

/** `ABSENT`, or else a value of the layout, in an array of its own where it could be taken for the other. */
export function orAbsent(layout: Layout): Layout {
  const { isOpen, measure } = layout
  return elementwise({
    proves: layout.proves,
    // Where it is open it cannot be measured.
    measure: measure && ((value) => (value === ABSENT ? 1 : measure(value))),
    write(out, value) {
      if (value === ABSENT) {
        out.writeByte(EMPTY_MAP)
        return true
      }
      if (isOpen) out.writeArrayHeader(1)
      return layout.write(out, value)
    },
    read(from) {
      if (from.bytes[from.at] === EMPTY_MAP) {
        from.at += 1
        return ABSENT
      }
      if (isOpen && from.arrayLength() !== 1) throw new Misfit()
      return layout.read(from)
    },
  })
}

/** A value of the first layout that takes it, behind the place of that one. All of them must prove. */
export function firstOf(layouts: readonly Layout[]): Layout {
  return elementwise({
    proves: true,
    write(out, value) {
      const start = out.offset
      for (let i = 0; i < layouts.length; i += 1) {
        out.writeArrayHeader(2)
        out.writeInteger(i)
        if (layouts[i]!.write(out, value)) return true
        if (out.isUncertain) return false
        out.offset = start
      }
      return false
    },
    read(from) {
      const layout = from.arrayLength() === 2 ? layouts[Number(from.read())] : undefined
      if (layout === undefined) throw new Misfit()
      return layout.read(from)
    },
  })
}
