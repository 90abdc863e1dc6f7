import {
  countPresent,
  eachEntry,
  expectVersion,
  type Mutable,
  readListLength,
  readPositive,
  readUints,
  required,
  writeBytesEntry,
  writeStringEntry,
  writeTextEntry,
  writeUintEntry,
  writeUintsEntry,
} from './control-map.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import type { CompressionChoice, HeartbeatTimes, PeerLimits, Welcome } from './frame.ts'
import type { Reader } from './reader.ts'
import { malformed } from './violation.ts'
import type { Writer } from './writer.ts'

/**
 * The map of WELCOME.
 *
 * Owns: the keys, and what each may hold. Must not know: what is granted to whom.
 * Normative text: PROTOCOL.md, "WELCOME".
 */
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
  writeTextEntry(writer, 'server', welcome.server, FIELD_BOUNDS.nameBytes)
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

function readCompressionChoice(reader: Reader): CompressionChoice {
  const length = readListLength(reader, 'welcome.compression')
  if (length < 2) throw malformed('Expected `welcome.compression` to have 2 entries')
  const algorithm = reader.readString('welcome.compression', FIELD_BOUNDS.wordBytes)
  const thresholdBytes = reader.readUint('welcome.compression')
  for (let i = 2; i < length; i += 1) reader.skip()
  return { algorithm, thresholdBytes }
}
