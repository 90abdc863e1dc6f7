export { CloseCode, mayRetryAfter } from './close-codes.ts'
export { decodeBody, decodeEnvelope, type Envelope } from './decode-message.ts'
export { encodeFrame } from './encode-frame.ts'
export { FIELD_BOUNDS } from './field-bounds.ts'
export {
  type AuthFrame,
  type AuthOkFrame,
  type CallFrame,
  type CancelFrame,
  type CloseFrame,
  type CompressionChoice,
  type CountedFrame,
  type CreditFrame,
  type EndFrame,
  type ErrorFrame,
  type EventFrame,
  FIRST_IGNORED_TYPE,
  FIRST_UNCOUNTED_TYPE,
  type Frame,
  FrameType,
  type GoAway,
  type GoAwayFrame,
  type HeartbeatTimes,
  type Hello,
  type HelloFrame,
  type ItemBatch,
  type ItemsFrame,
  isCounted,
  type ListenFrame,
  type MessageHeader,
  type Meta,
  type OkFrame,
  type OpenFrame,
  type Payload,
  type PeerLimits,
  type PingFrame,
  type PongFrame,
  type ProcedureRef,
  type SupersededFrame,
  type UncountedFrame,
  type VolatileEventFrame,
  type Welcome,
  type WelcomeFrame,
} from './frame.ts'
export type { WireLimitName } from './limit-name.ts'
export { DEFAULT_LIMITS, type Limits } from './limits.ts'
export { joinMessage, MessageBuilder } from './message-builder.ts'
export { UnserialisableError } from './unserialisable-error.ts'
export { createValueCodec, payloadKey, type ValueCodec } from './value-codec.ts'
export type { ValueList } from './value-list.ts'
export { PROTOCOL_VERSION, SUBPROTOCOL } from './version.ts'
export { ProtocolViolation } from './violation.ts'
export { WriterPool } from './writer-pool.ts'
