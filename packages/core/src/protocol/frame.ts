/**
 * The frames of the protocol as values: what a session speaks of, whatever the bytes look like.
 *
 * Owns: frame types, their numbers, the message header. Must not know: bytes, sockets, schemas.
 * Normative text: PROTOCOL.md, "Frames".
 */

/** One MessagePack value, encoded. Opaque to sessions: only a value codec looks inside. */
export type Payload = Uint8Array

/**
 * A procedure on the wire: its index in the contract's table where both sides hold the same contract
 * (the hashes of HELLO and WELCOME are equal), else its dotted path.
 */
export type ProcedureRef = number | string

/** Frame numbers. Below 64: counted (sequenced, acknowledged, replayed). From 64: control or volatile. */
export const FrameType = {
  Call: 1,
  Open: 2,
  Ok: 3,
  Error: 4,
  Items: 5,
  End: 6,
  Cancel: 7,
  Credit: 8,
  Listen: 9,
  Event: 10,
  Hello: 64,
  Welcome: 65,
  Ping: 66,
  Pong: 67,
  GoAway: 68,
  Auth: 69,
  AuthOk: 70,
  Superseded: 71,
  Close: 72,
  VolatileEvent: 80,
} as const

/** Frames of this number and above are not counted. */
export const FIRST_UNCOUNTED_TYPE = 64

/** Unknown frames of this number and above are ignored; an unknown frame below it is a violation. */
export const FIRST_IGNORED_TYPE = 96

/** Small string pairs that travel with a call, such as `key` (idempotency) or `traceparent`. */
export type Meta = Readonly<Record<string, string>>

/** `[1, id, procedure, input?, timeoutMs?, meta?]`: one request, one OK or ERROR. Caller to callee. */
export interface CallFrame {
  readonly type: typeof FrameType.Call
  readonly id: number
  readonly procedure: ProcedureRef
  readonly input: Payload | undefined
  /** Time left for the call when the frame was written, in milliseconds. */
  readonly timeoutMs: number | undefined
  readonly meta: Meta | undefined
}

/** `[2, id, procedure, input?, timeoutMs?, meta?, resume?]`: opens a stream. Caller to callee. */
export interface OpenFrame {
  readonly type: typeof FrameType.Open
  readonly id: number
  readonly procedure: ProcedureRef
  readonly input: Payload | undefined
  readonly timeoutMs: number | undefined
  readonly meta: Meta | undefined
  /** The resume value of the last item the caller's application has seen. */
  readonly resume: Payload | undefined
}

/** `[3, id, output?]`: settles a CALL, or accepts a LISTEN. Callee to caller. */
export interface OkFrame {
  readonly type: typeof FrameType.Ok
  readonly id: number
  readonly output: Payload | undefined
}

/** `[4, id, code, message, data?]`: settles a CALL, OPEN or LISTEN with an error. Callee to caller. */
export interface ErrorFrame {
  readonly type: typeof FrameType.Error
  readonly id: number
  readonly code: string
  readonly message: string
  readonly data: Payload | undefined
}

/** Items of one stream that travel together. */
export interface ItemBatch {
  readonly count: number
  /** A list of so many values. */
  readonly values: Payload
  /** A list of as many, with `undefined` for an item that has none; absent where none has one. */
  readonly resumes: Payload | undefined
}

/** `[5, id, count, values, resumes?]`: the next items of a stream. Both ways. */
export interface ItemsFrame extends ItemBatch {
  readonly type: typeof FrameType.Items
  readonly id: number
}

/** `[6, id]`: no more items from the sender. From the callee it settles the OPEN. Both ways. */
export interface EndFrame {
  readonly type: typeof FrameType.End
  readonly id: number
}

/** `[7, id]`: the caller no longer wants the answer, the stream or the events. Caller to callee. */
export interface CancelFrame {
  readonly type: typeof FrameType.Cancel
  readonly id: number
}

/** `[8, id, items, bytes]`: the receiver of items allows so many more. Both ways. */
export interface CreditFrame {
  readonly type: typeof FrameType.Credit
  readonly id: number
  readonly items: number
  readonly bytes: number
}

/** `[9, id, event, params?]`: asks for the events of one topic, until CANCEL. Caller to callee. */
export interface ListenFrame {
  readonly type: typeof FrameType.Listen
  readonly id: number
  readonly event: ProcedureRef
  readonly params: Payload | undefined
}

/**
 * `[10, event, params, payload]`: an event of a topic. It names the topic, not the listener, so that
 * one body serves every receiver. Server to client.
 */
export interface EventFrame {
  readonly type: typeof FrameType.Event
  readonly event: ProcedureRef
  readonly params: Payload | undefined
  readonly payload: Payload | undefined
}

/** `[80, event, params, payload, key?]`: as EVENT, but at most once; the latest wins by key. */
export interface VolatileEventFrame {
  readonly type: typeof FrameType.VolatileEvent
  readonly event: ProcedureRef
  readonly params: Payload | undefined
  readonly payload: Payload | undefined
  readonly key: string | undefined
}

/** `[64, {…}]`: the first frame of every connection. Client to server. */
export interface HelloFrame {
  readonly type: typeof FrameType.Hello
  readonly hello: Hello
}

/** `[65, {…}]`: the server's answer to a HELLO it accepts. Server to client. */
export interface WelcomeFrame {
  readonly type: typeof FrameType.Welcome
  readonly welcome: Welcome
}

/** `[66, n, t]`: is anybody there? `t` is the sender's own clock in ms, returned as it came. Both ways. */
export interface PingFrame {
  readonly type: typeof FrameType.Ping
  readonly n: number
  readonly t: number
}

/** `[67, n, t]`: answered in the receive path, never by a timer. Both ways. */
export interface PongFrame {
  readonly type: typeof FrameType.Pong
  readonly n: number
  readonly t: number
}

/** `[68, {…}]`: this end will go; open another connection within the window. Server to client. */
export interface GoAwayFrame {
  readonly type: typeof FrameType.GoAway
  readonly goAway: GoAway
}

/** `[69, auth]`: fresh credentials for the same principal. Client to server. */
export interface AuthFrame {
  readonly type: typeof FrameType.Auth
  readonly auth: Payload
}

/** `[70, expiresInMs?]`: the credentials were accepted. Server to client. */
export interface AuthOkFrame {
  readonly type: typeof FrameType.AuthOk
  readonly expiresInMs: number | undefined
}

/** `[71, attempt, gen]`: a newer connection has taken this session over. Server to client. */
export interface SupersededFrame {
  readonly type: typeof FrameType.Superseded
  readonly attempt: number
  readonly gen: number
}

/** `[72, code, reason, retry]`: the last frame of a connection: what the transport's own close cannot tell. Both ways. */
export interface CloseFrame {
  readonly type: typeof FrameType.Close
  readonly code: number
  readonly reason: string
  /** Whether another attempt may succeed. */
  readonly retry: boolean
}

export type CountedFrame =
  | CallFrame
  | OpenFrame
  | OkFrame
  | ErrorFrame
  | ItemsFrame
  | EndFrame
  | CancelFrame
  | CreditFrame
  | ListenFrame
  | EventFrame

export type UncountedFrame =
  | HelloFrame
  | WelcomeFrame
  | PingFrame
  | PongFrame
  | GoAwayFrame
  | AuthFrame
  | AuthOkFrame
  | SupersededFrame
  | CloseFrame
  | VolatileEventFrame

export type Frame = CountedFrame | UncountedFrame

export function isCounted(frame: Frame): frame is CountedFrame {
  return frame.type < FIRST_UNCOUNTED_TYPE
}

/** `[seq, count, ack]`, in front of every message and outside its compressed body. */
export interface MessageHeader {
  /** Number of the first counted frame in the body; 0 where there is none. The first frame of a session is 1. */
  readonly seq: number
  /** How many counted frames the body holds. */
  readonly count: number
  /** Highest number accepted from the peer; 0 before the first. */
  readonly ack: number
}

/** What the client says first. Travels as a map with these keys; unknown keys are ignored. */
export interface Hello {
  /** Protocol version: major. */
  readonly version: number
  /** The session to attach to; absent for a new one. */
  readonly sid: string | undefined
  readonly token: Uint8Array | undefined
  /** Highest number accepted from the server in that session; 0 for a new one. */
  readonly rx: number
  /** Grows by one per HELLO of a session; starts at 1. */
  readonly attempt: number
  /** Compression algorithms the client can inflate and deflate, preferred first: `"deflate-raw"`. */
  readonly compression: readonly string[]
  readonly contractHash: string
  /** Hash of the contract that the client serves, where it serves one. */
  readonly servesHash: string | undefined
  /** Whatever the application's `auth` option gave, encoded. */
  readonly auth: Payload | undefined
  /** Name and version of the client, for logs. */
  readonly client: string
  /** Why it connects: `"start"`, `"lost"`, `"heartbeat"`, `"goaway"`, `"manual"`, … */
  readonly why: string
  /** Authenticate this connection without moving traffic to it. */
  readonly standby: boolean
}

/** What the server grants. Travels as a map with these keys; unknown keys are ignored. */
export interface Welcome {
  readonly version: number
  readonly sid: string
  readonly token: Uint8Array
  /** Generation: grows by one with every connection that attaches to the session. */
  readonly gen: number
  readonly resumed: boolean
  /** Why a session was asked for and not resumed: `"unknown"`, `"expired"`, `"overflow"`, `"auth"`, `"node-lost"`, `"superseded"`. */
  readonly reason: string | undefined
  /** Highest number accepted from the client in this session. */
  readonly rx: number
  readonly heartbeat: HeartbeatTimes
  /** How long the server keeps the session without a connection, in ms; 0: not at all. */
  readonly resumeWindowMs: number
  readonly limits: PeerLimits
  /** What both will use for message bodies, or `undefined` for none. */
  readonly compression: CompressionChoice | undefined
  readonly contractHash: string
  readonly servesHash: string | undefined
  readonly authExpiresInMs: number | undefined
  /** Name and version of the server, for logs. */
  readonly server: string
}

export interface HeartbeatTimes {
  /** A side that heard nothing for so long sends PING. */
  readonly idleMs: number
  /** And gives the connection up after so much more silence. */
  readonly timeoutMs: number
}

/** The limits of one end that the other must keep. */
export interface PeerLimits {
  readonly messageBytes: number
  readonly inflatedBytes: number
  readonly framesPerMessage: number
  readonly calls: number
  readonly streams: number
  readonly streamItems: number
  readonly streamBytes: number
}

export interface CompressionChoice {
  readonly algorithm: string
  /** Bodies shorter than this travel as they are. */
  readonly thresholdBytes: number
}

export interface GoAway {
  readonly why: string
  /** How long unfinished calls may still take, in ms. */
  readonly drainMs: number
  /** Window in which to open the next connection, in ms from now: a uniformly random moment of it. */
  readonly delayMs: readonly [min: number, max: number]
  /** Another address to use, where the server knows one. */
  readonly to: string | undefined
}
