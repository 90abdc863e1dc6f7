import { isPlain } from '../protocol/prepare-value.ts'
import {
  COLUMN_LENGTH,
  elementwise,
  type Layout,
  Misfit,
  type Others,
  readElements,
  writeColumnsHead,
  writeElements,
} from './layout.ts'
import { readText, textLayout } from './text-layout.ts'

const FALSE = 0xc2

/** An array of values, or of `false` and a column of them. No layout with columns has values that begin like `false`. */
export function arrayLayout(item: Layout): Layout {
  const hasColumns = item.slots > 0
  return elementwise({
    proves: item.proves,
    write(out, value) {
      if (!Array.isArray(value)) return false
      if (!hasColumns || value.length < COLUMN_LENGTH) return writeElements(out, item, value)
      writeColumnsHead(out, item)
      // A column may look at its values more than once; at what is not ours it must not.
      const values: unknown[] = []
      for (let i = 0; i < value.length; i += 1) values.push(value[i])
      return item.writeColumn(out, values)
    },
    read(from) {
      const length = from.arrayLength()
      if (length === -1) throw new Misfit()
      if (!hasColumns || length === 0 || from.bytes[from.at] !== FALSE) return readElements(from, item, length)
      if (length !== 1 + item.slots) throw new Misfit()
      from.at += 1
      return item.readColumn(from, undefined)
    },
  })
}

/** An array with a place for each of the items. */
export function tupleLayout(items: readonly Layout[], others: Others): Layout {
  return elementwise({
    proves: items.every(({ proves }) => proves),
    write(out, value) {
      if (!Array.isArray(value)) return false
      if (value.length > items.length && others === 'refused') return false
      if (value.length !== items.length && out.others === 'refused') return out.refuse()
      out.writeArrayHeader(items.length)
      return items.every((item, i) => item.write(out, value[i]))
    },
    read(from) {
      if (from.arrayLength() !== items.length) throw new Misfit()
      return items.map((item) => item.read(from))
    },
  })
}

/** Keys that validation leaves out. */
const LEFT_OUT: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor'])

/** An array of key, value, key, value, … */
export function recordLayout(item: Layout): Layout {
  return elementwise({
    proves: item.proves,
    write(out, value) {
      if (typeof value !== 'object' || value === null) return false
      const keepsAll = out.others === 'refused'
      if (keepsAll && !isPlain(value)) return out.refuse()
      const keys: string[] = []
      for (const key in value) {
        if (Object.hasOwn(value, key) && !LEFT_OUT.has(key)) keys.push(key)
        else if (keepsAll) return out.refuse()
      }
      out.writeArrayHeader(keys.length * 2)
      return keys.every((key) => textLayout.write(out, key) && item.write(out, (value as Record<string, unknown>)[key]))
    },
    read(from) {
      const length = from.arrayLength()
      if (length === -1 || length % 2 === 1) throw new Misfit()
      const record: Record<string, unknown> = {}
      for (let i = 0; i < length; i += 2) {
        const key = readText(from)
        if (LEFT_OUT.has(key)) throw new Misfit()
        record[key] = item.read(from)
      }
      return record
    },
  })
}
