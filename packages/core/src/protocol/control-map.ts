import { CloseCode } from './close-codes.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import { type FieldType, uint } from './field-types.ts'
import { PROTOCOL_VERSION } from './version.ts'
import { malformed, ProtocolViolation } from './violation.ts'

/**
 * What HELLO, WELCOME and GOAWAY have in common: maps with short keys, which a later version may extend.
 * Normative text: PROTOCOL.md, "Control maps".
 */
interface Entry<T> {
  readonly key: string
  readonly type: FieldType<T>
  readonly isRequired: boolean
  /** What stands for an absent one. */
  readonly fallback?: T
}

export function required<T>(key: string, type: FieldType<T>): Entry<T> {
  return { key, type, isRequired: true }
}

export function optional<T>(key: string, type: FieldType<T>): Entry<T | undefined> {
  // What is absent is left out, so that the type is never asked to write it.
  return { key, type, isRequired: false }
}

/** Receivers take `fallback` for an absent one; senders say it all the same. */
export function withDefault<T>(key: string, type: FieldType<T>, fallback: T): Entry<T> {
  return { key, type, isRequired: false, fallback }
}

/** Stands first in its map, and so is read first: the rest of another version's map may hold anything. */
export const version: FieldType<number> = {
  ...uint,
  read(reader, field) {
    const given = reader.readUint(field)
    if (given === PROTOCOL_VERSION) return given
    throw new ProtocolViolation(
      CloseCode.UnsupportedVersion,
      `Expected \`${field}\` to be ${PROTOCOL_VERSION}, got \`${given}\``,
    )
  },
}

/** A map of these entries. They are read in the order of the table, whatever their order on the wire. */
export function controlMap<T extends object>(
  name: string,
  table: { readonly [K in keyof T]: Entry<T[K]> },
): FieldType<T> {
  const entries = Object.entries<Entry<unknown>>(table)
  return {
    read(reader) {
      const offsets = new Map<string, number>()
      for (let left = reader.readMapHeader(name, FIELD_BOUNDS.mapEntries); left > 0; left -= 1) {
        const key = reader.readString(`a key of ${name}`, FIELD_BOUNDS.wordBytes)
        offsets.set(key, reader.offset)
        reader.skip()
      }
      const end = reader.offset
      const members = entries.map(([member, { key, type, isRequired, fallback }]) => {
        const offset = offsets.get(key)
        if (offset === undefined) {
          if (isRequired) throw malformed(`Expected \`${name}.${key}\`, which is missing`)
          return [member, fallback]
        }
        reader.offset = offset
        return [member, type.read(reader, `${name}.${key}`)]
      })
      reader.offset = end
      // The table has an entry for each member of a `T`.
      return Object.fromEntries(members) as T
    },
    write(writer, map) {
      const present = entries.filter(([member]) => map[member as keyof T] !== undefined)
      writer.writeMapHeader(present.length)
      for (const [member, { key, type }] of present) {
        writer.writeString(key)
        type.write(writer, map[member as keyof T], `${name}.${key}`)
      }
    },
  }
}
