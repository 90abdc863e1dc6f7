import {
  countPresent,
  eachEntry,
  expectVersion,
  type Mutable,
  readPositive,
  required,
  writeBytesEntry,
  writeStringEntry,
  writeTextEntry,
  writeUintEntry,
} from './control-map.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import type { Hello } from './frame.ts'
import type { Reader } from './reader.ts'
import { malformed } from './violation.ts'
import type { Writer } from './writer.ts'

/**
 * The map of HELLO.
 *
 * Owns: the keys, and what each may hold. Must not know: who is let in.
 * Normative text: PROTOCOL.md, "HELLO".
 */
export function writeHello(writer: Writer, hello: Hello): void {
  const { sid, token, servesHash, auth } = hello
  writer.writeMapHeader(8 + countPresent([sid, token, servesHash, auth]))
  writeUintEntry(writer, 'v', hello.version)
  if (sid !== undefined) writeStringEntry(writer, 'sid', sid)
  if (token) writeBytesEntry(writer, 'token', token)
  writeUintEntry(writer, 'rx', hello.rx)
  writeUintEntry(writer, 'attempt', hello.attempt)
  writer.writeString('compression')
  writer.writeArrayHeader(hello.compression.length)
  for (const algorithm of hello.compression) writer.writeString(algorithm)
  writeStringEntry(writer, 'hash', hello.contractHash)
  if (servesHash !== undefined) writeStringEntry(writer, 'serves', servesHash)
  if (auth) {
    writer.writeString('auth')
    writer.writeEncoded(auth)
  }
  writeTextEntry(writer, 'client', hello.client, FIELD_BOUNDS.nameBytes)
  writeTextEntry(writer, 'why', hello.why, FIELD_BOUNDS.wordBytes)
  writer.writeString('standby')
  writer.writeBoolean(hello.standby)
}

/** @throws ProtocolViolation `UnsupportedVersion` where `v` is another major, whatever the rest looks like. */
export function readHello(reader: Reader): Hello {
  expectVersion(reader, 'hello')
  const fields: Partial<Mutable<Hello>> = {}
  eachEntry(reader, 'hello', (key) => {
    switch (key) {
      case 'v':
        fields.version = reader.readUint('hello.v')
        return
      case 'sid':
        fields.sid = reader.readString('hello.sid', FIELD_BOUNDS.sidBytes)
        return
      case 'token':
        fields.token = reader.readBytes('hello.token', FIELD_BOUNDS.tokenBytes)
        return
      case 'rx':
        fields.rx = reader.readUint('hello.rx')
        return
      case 'attempt':
        fields.attempt = readPositive(reader, 'hello.attempt')
        return
      case 'compression':
        fields.compression = readAlgorithms(reader)
        return
      case 'hash':
        fields.contractHash = reader.readString('hello.hash', FIELD_BOUNDS.hashBytes)
        return
      case 'serves':
        fields.servesHash = reader.readString('hello.serves', FIELD_BOUNDS.hashBytes)
        return
      case 'auth':
        fields.auth = reader.readOptionalPayload()
        return
      case 'client':
        fields.client = reader.readString('hello.client', FIELD_BOUNDS.nameBytes)
        return
      case 'why':
        fields.why = reader.readString('hello.why', FIELD_BOUNDS.wordBytes)
        return
      case 'standby':
        fields.standby = reader.readBoolean('hello.standby')
        return
      default:
        reader.skip()
    }
  })
  return {
    version: required(fields.version, 'hello.v'),
    sid: fields.sid,
    token: fields.token,
    rx: fields.rx ?? 0,
    attempt: required(fields.attempt, 'hello.attempt'),
    compression: fields.compression ?? [],
    contractHash: required(fields.contractHash, 'hello.hash'),
    servesHash: fields.servesHash,
    auth: fields.auth,
    client: fields.client ?? '',
    why: fields.why ?? '',
    standby: fields.standby ?? false,
  }
}

function readAlgorithms(reader: Reader): readonly string[] {
  const length = reader.readArrayHeader('hello.compression')
  if (length > FIELD_BOUNDS.compressionEntries) {
    throw malformed(
      `Expected \`hello.compression\` to have at most ${FIELD_BOUNDS.compressionEntries} entries, got ${length}`,
    )
  }
  return Array.from({ length }, () => reader.readString('hello.compression', FIELD_BOUNDS.wordBytes))
}
