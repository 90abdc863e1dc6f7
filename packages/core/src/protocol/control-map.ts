import { CloseCode } from './close-codes.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import type { Reader } from './reader.ts'
import { PROTOCOL_VERSION } from './version.ts'
import { malformed, ProtocolViolation } from './violation.ts'
import type { Writer } from './writer.ts'

/**
 * What HELLO, WELCOME and GOAWAY have in common: maps with short keys, and in them lists, both of which a later version may
 * extend. Normative text: PROTOCOL.md, "Control maps".
 */

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export function countPresent(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length
}

export function writeUintEntry(writer: Writer, key: string, value: number): void {
  writer.writeString(key)
  writer.writeUint(value, key)
}

export function writeStringEntry(writer: Writer, key: string, value: string): void {
  writer.writeString(key)
  writer.writeString(value)
}

export function writeTextEntry(writer: Writer, key: string, value: string, maxBytes: number): void {
  writer.writeString(key)
  writer.writeText(value, maxBytes)
}

export function writeBytesEntry(writer: Writer, key: string, value: Uint8Array): void {
  writer.writeString(key)
  writer.writeBytes(value)
}

export function writeUintsEntry(writer: Writer, key: string, values: readonly number[]): void {
  writer.writeString(key)
  writer.writeArrayHeader(values.length)
  for (const value of values) writer.writeUint(value, key)
}

/** Looks for `v` ahead of everything else: the rest of another version's map may have any shape. */
export function expectVersion(reader: Reader, map: string): void {
  const start = reader.offset
  let version: number | undefined
  eachEntry(reader, map, (key) => {
    if (key === 'v') version = reader.readUint(`${map}.v`)
    else reader.skip()
  })
  reader.offset = start
  if (required(version, `${map}.v`) !== PROTOCOL_VERSION) {
    throw new ProtocolViolation(
      CloseCode.UnsupportedVersion,
      `Expected \`${map}.v\` to be ${PROTOCOL_VERSION}, got \`${version}\``,
    )
  }
}

/** Calls `readValue` with each key; it must read the value. */
export function eachEntry(reader: Reader, map: string, readValue: (key: string) => void): void {
  const entries = reader.readMapHeader(map)
  if (entries > FIELD_BOUNDS.mapEntries) {
    throw malformed(`Expected \`${map}\` to have at most ${FIELD_BOUNDS.mapEntries} entries, got ${entries}`)
  }
  for (let i = 0; i < entries; i += 1) readValue(reader.readString(`a key of ${map}`, FIELD_BOUNDS.wordBytes))
}

/** The first `wanted` integers of an array; what later versions append is left. */
export function readUints(reader: Reader, field: string, wanted: number): readonly number[] {
  const length = readListLength(reader, field)
  const values: number[] = []
  for (let i = 0; i < length; i += 1) {
    if (i < wanted) values.push(reader.readUint(field))
    else reader.skip()
  }
  return values
}

export function readListLength(reader: Reader, field: string): number {
  const length = reader.readArrayHeader(field)
  if (length > FIELD_BOUNDS.mapEntries) {
    throw malformed(`Expected \`${field}\` to have at most ${FIELD_BOUNDS.mapEntries} entries, got ${length}`)
  }
  return length
}

export function readPositive(reader: Reader, field: string): number {
  const value = reader.readUint(field)
  if (value === 0) throw malformed(`Expected \`${field}\` to be an integer >= 1, got \`0\``)
  return value
}

export function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw malformed(`Expected \`${field}\`, which is missing`)
  return value
}
