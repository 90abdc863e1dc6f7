/**
 * Why a connection ended, as a WebSocket close code and in the CLOSE frame.
 * `retry` says whether a client may try again by itself. Normative text: PROTOCOL.md, "Close codes".
 */
export const CloseCode = {
  /** Either end is done. */
  Normal: 1000,
  /** Bytes that are not a message, or frames that are not allowed now. */
  ProtocolError: 4400,
  /** The credentials were refused. */
  Unauthorized: 4401,
  /** The origin or the principal may not connect. */
  Forbidden: 4403,
  /** No version of the protocol in common. */
  UnsupportedVersion: 4406,
  /** HELLO, or the decision on it, took too long. */
  HandshakeTimeout: 4408,
  /** Another connection has taken the session over. */
  Superseded: 4409,
  /** The numbers of messages do not follow each other: one is missing. */
  SequenceGap: 4410,
  /** A limit on sizes was passed. */
  TooLarge: 4413,
  /** More came, or more often, than is let in from one client. */
  Throttled: 4420,
  /** Bytes that are not MessagePack, or a frame of the wrong shape. */
  Malformed: 4422,
  /** A second HELLO on one connection. */
  RepeatedHello: 4429,
  /** The server failed in a way it cannot name to others. */
  Internal: 4500,
  /** The server goes away or is full. */
  Unavailable: 4503,
  /** The other end was silent for too long. */
  HeartbeatTimeout: 4504,
  /** The other end did not read for too long. */
  SlowConsumer: 4508,
} as const

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/** Codes after which a client must not try again by itself. */
const FATAL: ReadonlySet<number> = new Set([
  CloseCode.Normal,
  CloseCode.Unauthorized,
  CloseCode.Forbidden,
  CloseCode.UnsupportedVersion,
])

/** Codes that end a connection and leave its session to wait for another one. */
const SESSION_LIVES: ReadonlySet<number> = new Set([
  // Of an attempt that was given up, and may have been let into its session meanwhile.
  CloseCode.HandshakeTimeout,
  CloseCode.Superseded,
  CloseCode.SequenceGap,
  CloseCode.Throttled,
  CloseCode.HeartbeatTimeout,
  CloseCode.SlowConsumer,
])

/** Whether CLOSE with this code is about the connection alone. */
export function sessionOutlives(code: number): boolean {
  return SESSION_LIVES.has(code)
}

export function mayRetryAfter(code: number): boolean {
  return !FATAL.has(code)
}
