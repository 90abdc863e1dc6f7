import { UNDEFINED_BYTES } from './extension-types.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import type { Meta, Payload, ProcedureRef } from './frame.ts'
import type { Reader } from './reader.ts'
import { malformed } from './violation.ts'
import type { Writer } from './writer.ts'

/**
 * What a field of the envelope can be, in both directions. Frames and control maps are tables of these.
 *
 * Normative text: PROTOCOL.md, "Frames" and "Bounds of fields".
 */
export interface FieldType<T> {
  /** @throws ProtocolViolation where something else stands there. `field` names it in the text. */
  read(reader: Reader, field: string): T
  /** @throws RangeError for a value out of range: a fault of this end, not of the peer. */
  write(writer: Writer, value: T, field: string): void
}

/** From 0 to 2^53-1. */
export const uint: FieldType<number> = {
  read: (reader, field) => reader.readUint(field),
  write: (writer, value, field) => writer.writeUint(value, field),
}

/** From 1. */
export const positive: FieldType<number> = {
  ...uint,
  read(reader, field) {
    const value = reader.readUint(field)
    if (value === 0) throw malformed(`Expected \`${field}\` to be an integer >= 1, got \`0\``)
    return value
  },
}

/** Whole milliseconds, rounded up: what is left of a deadline must not become nothing on its way. */
export const duration: FieldType<number> = {
  ...uint,
  write: (writer, value, field) => writer.writeUint(Math.ceil(value), field),
}

export const closeCode: FieldType<number> = {
  ...uint,
  read(reader, field) {
    const code = reader.readUint(field)
    if (code < 1000 || code > 4999) throw malformed(`Expected \`${field}\` to be from 1000 to 4999, got \`${code}\``)
    return code
  },
}

/** Finite. */
export const number: FieldType<number> = {
  read: (reader, field) => reader.readNumber(field),
  write: (writer, value, field) => writer.writeNumber(value, field),
}

export const boolean: FieldType<boolean> = {
  read: (reader, field) => reader.readBoolean(field),
  write: (writer, value) => writer.writeBoolean(value),
}

export function bytes(maxBytes: number): FieldType<Uint8Array> {
  return {
    read: (reader, field) => reader.readBytes(field, maxBytes),
    write: (writer, value) => writer.writeBytes(value),
  }
}

export function text(maxBytes: number): FieldType<string> {
  return {
    read: (reader, field) => reader.readString(field, maxBytes),
    write(writer, value) {
      writer.writeString(value)
    },
  }
}

/** Not empty. */
export function word(maxBytes: number): FieldType<string> {
  return {
    ...text(maxBytes),
    read(reader, field) {
      const value = reader.readString(field, maxBytes)
      if (value === '') throw malformed(`Expected \`${field}\` not to be empty`)
      return value
    },
  }
}

/** For people to read: cut off rather than refused where it would pass `maxBytes`. */
export function prose(maxBytes: number): FieldType<string> {
  return { ...text(maxBytes), write: (writer, value) => writer.writeText(value, maxBytes) }
}

const path = word(FIELD_BOUNDS.procedureBytes)

/** An index or a path. */
export const procedure: FieldType<ProcedureRef> = {
  read: (reader, field) => (reader.nextIsString ? path : uint).read(reader, field),
  write(writer, value, field) {
    if (typeof value === 'number') uint.write(writer, value, field)
    else path.write(writer, value, field)
  },
}

export const payload: FieldType<Payload> = {
  read: (reader) => reader.readPayload(),
  write: (writer, value) => writer.writeEncoded(value),
}

/** What the list adds to the nesting. */
const LIST_LEVELS = 1

const ENCODED_UNDEFINED: Payload = Uint8Array.from(UNDEFINED_BYTES)

/** Absent, it is the value `undefined`, since nil is a value of its own. */
export const optionalPayload: FieldType<Payload | undefined> = {
  read: (reader) => reader.readOptionalPayload(),
  write: (writer, value) => writer.writeEncoded(value ?? ENCODED_UNDEFINED),
}

/** A payload that holds several, each of which may be as deep as one alone. */
export const payloadList: FieldType<Payload> = {
  ...payload,
  read: (reader) => reader.readPayload(LIST_LEVELS),
}

export const optionalPayloadList: FieldType<Payload | undefined> = {
  ...optionalPayload,
  read: (reader) => reader.readOptionalPayload(LIST_LEVELS),
}

/** Absent, it is nil. Not for payloads. */
export function orNil<T>(type: FieldType<T>): FieldType<T | undefined> {
  return {
    read: (reader, field) => (reader.skipNil() ? undefined : type.read(reader, field)),
    write(writer, value, field) {
      if (value === undefined) writer.writeNil()
      else type.write(writer, value, field)
    },
  }
}

export function list<T>(item: FieldType<T>, maxEntries: number): FieldType<readonly T[]> {
  return {
    read(reader, field) {
      const length = reader.readArrayHeader(field, maxEntries)
      return Array.from({ length }, () => item.read(reader, field))
    },
    write(writer, values, field) {
      writer.writeArrayHeader(values.length)
      for (const value of values) item.write(writer, value, field)
    },
  }
}

/** An array with a place for each of `types`, in their order; what later versions append is left. */
export function tuple<T extends object>(types: { readonly [K in keyof T]: FieldType<T[K]> }): FieldType<T> {
  const places = Object.entries<FieldType<unknown>>(types)
  return {
    read(reader, field) {
      const length = reader.readArrayHeader(field, FIELD_BOUNDS.mapEntries)
      if (length < places.length) {
        throw malformed(`Expected \`${field}\` to have ${places.length} entries, got ${length}`)
      }
      const values = places.map(([name, type]) => [name, type.read(reader, field)])
      for (let i = places.length; i < length; i += 1) reader.skip()
      // `types` has what makes up a `T`.
      return Object.fromEntries(values) as T
    },
    write(writer, value, field) {
      writer.writeArrayHeader(places.length)
      for (const [name, type] of places) type.write(writer, value[name as keyof T], field)
    },
  }
}

export const meta: FieldType<Meta> = {
  read(reader, field) {
    const entries = reader.readMapHeader(field, FIELD_BOUNDS.metaEntries)
    // The keys come from the peer: without a prototype none of them means anything.
    const read = Object.create(null) as Record<string, string>
    for (let i = 0; i < entries; i += 1) {
      const key = reader.readString('meta key', FIELD_BOUNDS.metaKeyBytes)
      if (key === '__proto__') throw malformed('Expected no key of `meta` to be `__proto__`')
      read[key] = reader.readString('meta value', FIELD_BOUNDS.metaValueBytes)
    }
    return read
  },
  write(writer, value) {
    const entries = Object.entries(value)
    writer.writeMapHeader(entries.length)
    for (const [key, entry] of entries) {
      writer.writeString(key)
      writer.writeString(entry)
    }
  },
}
