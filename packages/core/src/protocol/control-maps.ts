import { CloseCode } from './close-codes.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import type { CompressionChoice, GoAway, HeartbeatTimes, Hello, PeerLimits, Welcome } from './frame.ts'
import type { Reader } from './reader.ts'
import { PROTOCOL_VERSION } from './version.ts'
import { ProtocolViolation } from './violation.ts'
import type { Writer } from './writer.ts'

/**
 * HELLO, WELCOME and GOAWAY: maps with short keys, so that later versions may add some.
 *
 * Owns: the keys, and what each may hold. Must not know: what is granted to whom.
 * Normative text: PROTOCOL.md, "Handshake".
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
  writeStringEntry(writer, 'client', hello.client)
  writeStringEntry(writer, 'why', hello.why)
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

export function writeWelcome(writer: Writer, welcome: Welcome): void {
  const { reason, compression, servesHash, authExpiresInMs } = welcome
  writer.writeMapHeader(11 + countPresent([reason, compression, servesHash, authExpiresInMs]))
  writeUintEntry(writer, 'v', welcome.version)
  writeStringEntry(writer, 'sid', welcome.sid)
  writeBytesEntry(writer, 'token', welcome.token)
  writeUintEntry(writer, 'gen', welcome.gen)
  writer.writeString('resumed')
  writer.writeBoolean(welcome.resumed)
  if (reason !== undefined) writeStringEntry(writer, 'reason', reason)
  writeUintEntry(writer, 'rx', welcome.rx)
  writeUintsEntry(writer, 'heartbeat', [welcome.heartbeat.idleMs, welcome.heartbeat.timeoutMs])
  writeUintEntry(writer, 'window', Math.ceil(welcome.resumeWindowMs))
  const { limits } = welcome
  writeUintsEntry(writer, 'limits', [
    limits.messageBytes,
    limits.inflatedBytes,
    limits.framesPerMessage,
    limits.calls,
    limits.streams,
    limits.streamItems,
    limits.streamBytes,
  ])
  if (compression) {
    writer.writeString('compression')
    writer.writeArrayHeader(2)
    writer.writeString(compression.algorithm)
    writer.writeUint(compression.thresholdBytes, 'thresholdBytes')
  }
  writeStringEntry(writer, 'hash', welcome.contractHash)
  if (servesHash !== undefined) writeStringEntry(writer, 'serves', servesHash)
  if (authExpiresInMs !== undefined) writeUintEntry(writer, 'authExpires', Math.ceil(authExpiresInMs))
  writeStringEntry(writer, 'server', welcome.server)
}

/** @throws ProtocolViolation `UnsupportedVersion` where `v` is another major, whatever the rest looks like. */
export function readWelcome(reader: Reader): Welcome {
  expectVersion(reader, 'welcome')
  const fields: Partial<Mutable<Welcome>> = {}
  eachEntry(reader, 'welcome', (key) => {
    switch (key) {
      case 'v':
        fields.version = reader.readUint('welcome.v')
        return
      case 'sid':
        fields.sid = reader.readString('welcome.sid', FIELD_BOUNDS.sidBytes)
        return
      case 'token':
        fields.token = reader.readBytes('welcome.token', FIELD_BOUNDS.tokenBytes)
        return
      case 'gen':
        fields.gen = readPositive(reader, 'welcome.gen')
        return
      case 'resumed':
        fields.resumed = reader.readBoolean('welcome.resumed')
        return
      case 'reason':
        fields.reason = reader.readString('welcome.reason', FIELD_BOUNDS.wordBytes)
        return
      case 'rx':
        fields.rx = reader.readUint('welcome.rx')
        return
      case 'heartbeat':
        fields.heartbeat = readHeartbeat(reader)
        return
      case 'window':
        fields.resumeWindowMs = reader.readUint('welcome.window')
        return
      case 'limits':
        fields.limits = readLimits(reader)
        return
      case 'compression':
        fields.compression = readCompressionChoice(reader)
        return
      case 'hash':
        fields.contractHash = reader.readString('welcome.hash', FIELD_BOUNDS.hashBytes)
        return
      case 'serves':
        fields.servesHash = reader.readString('welcome.serves', FIELD_BOUNDS.hashBytes)
        return
      case 'authExpires':
        fields.authExpiresInMs = reader.readUint('welcome.authExpires')
        return
      case 'server':
        fields.server = reader.readString('welcome.server', FIELD_BOUNDS.nameBytes)
        return
      default:
        reader.skip()
    }
  })
  return {
    version: required(fields.version, 'welcome.v'),
    sid: required(fields.sid, 'welcome.sid'),
    token: required(fields.token, 'welcome.token'),
    gen: required(fields.gen, 'welcome.gen'),
    resumed: fields.resumed ?? false,
    reason: fields.reason,
    rx: fields.rx ?? 0,
    heartbeat: required(fields.heartbeat, 'welcome.heartbeat'),
    resumeWindowMs: fields.resumeWindowMs ?? 0,
    limits: required(fields.limits, 'welcome.limits'),
    compression: fields.compression,
    contractHash: required(fields.contractHash, 'welcome.hash'),
    servesHash: fields.servesHash,
    authExpiresInMs: fields.authExpiresInMs,
    server: fields.server ?? '',
  }
}

export function writeGoAway(writer: Writer, goAway: GoAway): void {
  writer.writeMapHeader(3 + countPresent([goAway.to]))
  writeStringEntry(writer, 'why', goAway.why)
  writeUintEntry(writer, 'drain', Math.ceil(goAway.drainMs))
  writeUintsEntry(writer, 'delay', [Math.ceil(goAway.delayMs[0]), Math.ceil(goAway.delayMs[1])])
  if (goAway.to !== undefined) writeStringEntry(writer, 'to', goAway.to)
}

export function readGoAway(reader: Reader): GoAway {
  const fields: Partial<Mutable<GoAway>> = {}
  eachEntry(reader, 'goaway', (key) => {
    switch (key) {
      case 'why':
        fields.why = reader.readString('goaway.why', FIELD_BOUNDS.wordBytes)
        return
      case 'drain':
        fields.drainMs = reader.readUint('goaway.drain')
        return
      case 'delay':
        fields.delayMs = readDelay(reader)
        return
      case 'to':
        fields.to = reader.readString('goaway.to', FIELD_BOUNDS.addressBytes)
        return
      default:
        reader.skip()
    }
  })
  return {
    why: fields.why ?? '',
    drainMs: required(fields.drainMs, 'goaway.drain'),
    delayMs: required(fields.delayMs, 'goaway.delay'),
    to: fields.to,
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function countPresent(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length
}

function writeUintEntry(writer: Writer, key: string, value: number): void {
  writer.writeString(key)
  writer.writeUint(value, key)
}

function writeStringEntry(writer: Writer, key: string, value: string): void {
  writer.writeString(key)
  writer.writeString(value)
}

function writeBytesEntry(writer: Writer, key: string, value: Uint8Array): void {
  writer.writeString(key)
  writer.writeBytes(value)
}

function writeUintsEntry(writer: Writer, key: string, values: readonly number[]): void {
  writer.writeString(key)
  writer.writeArrayHeader(values.length)
  for (const value of values) writer.writeUint(value, key)
}

/** Looks for `v` ahead of everything else: the rest of another version's map may have any shape. */
function expectVersion(reader: Reader, map: string): void {
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
function eachEntry(reader: Reader, map: string, readValue: (key: string) => void): void {
  const entries = reader.readMapHeader(map)
  if (entries > FIELD_BOUNDS.mapEntries) {
    throw malformed(`Expected \`${map}\` to have at most ${FIELD_BOUNDS.mapEntries} entries, got ${entries}`)
  }
  for (let i = 0; i < entries; i += 1) readValue(reader.readString(`a key of ${map}`, FIELD_BOUNDS.wordBytes))
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

function readHeartbeat(reader: Reader): HeartbeatTimes {
  const [idleMs, timeoutMs] = readUints(reader, 'welcome.heartbeat', 2)
  return { idleMs: required(idleMs, 'welcome.heartbeat'), timeoutMs: required(timeoutMs, 'welcome.heartbeat') }
}

const PEER_LIMITS = 7

function readLimits(reader: Reader): PeerLimits {
  const field = 'welcome.limits'
  const [messageBytes, inflatedBytes, framesPerMessage, calls, streams, streamItems, streamBytes] = readUints(
    reader,
    field,
    PEER_LIMITS,
  )
  return {
    messageBytes: required(messageBytes, field),
    inflatedBytes: required(inflatedBytes, field),
    framesPerMessage: required(framesPerMessage, field),
    calls: required(calls, field),
    streams: required(streams, field),
    streamItems: required(streamItems, field),
    streamBytes: required(streamBytes, field),
  }
}

function readDelay(reader: Reader): readonly [min: number, max: number] {
  const [min, max] = readUints(reader, 'goaway.delay', 2)
  const delay = [required(min, 'goaway.delay'), required(max, 'goaway.delay')] as const
  if (delay[1] < delay[0]) throw malformed('Expected `goaway.delay` to be a least and a greatest delay')
  return delay
}

function readCompressionChoice(reader: Reader): CompressionChoice {
  const length = readListLength(reader, 'welcome.compression')
  if (length < 2) throw malformed('Expected `welcome.compression` to have 2 entries')
  const algorithm = reader.readString('welcome.compression', FIELD_BOUNDS.wordBytes)
  const thresholdBytes = reader.readUint('welcome.compression')
  for (let i = 2; i < length; i += 1) reader.skip()
  return { algorithm, thresholdBytes }
}

/** The first `wanted` integers of an array; what later versions append is left. */
function readUints(reader: Reader, field: string, wanted: number): readonly number[] {
  const length = readListLength(reader, field)
  const values: number[] = []
  for (let i = 0; i < length; i += 1) {
    if (i < wanted) values.push(reader.readUint(field))
    else reader.skip()
  }
  return values
}

function readListLength(reader: Reader, field: string): number {
  const length = reader.readArrayHeader(field)
  if (length > FIELD_BOUNDS.mapEntries) {
    throw malformed(`Expected \`${field}\` to have at most ${FIELD_BOUNDS.mapEntries} entries, got ${length}`)
  }
  return length
}

function readPositive(reader: Reader, field: string): number {
  const value = reader.readUint(field)
  if (value === 0) throw malformed(`Expected \`${field}\` to be an integer >= 1, got \`0\``)
  return value
}

function required<T>(value: T | undefined, field: string): T {
  if (value === undefined) throw malformed(`Expected \`${field}\`, which is missing`)
  return value
}

function malformed(message: string): ProtocolViolation {
  return new ProtocolViolation(CloseCode.Malformed, message)
}
