/**
 * What the drivers need of the platform. Each port is defined by its consumer and kept small, so that a runtime, a
 * browser, a long poll or a test can stand behind it.
 */

/** Moves whole binary messages, in order, for the life of one connection. */
export interface Transport {
  /** `"websocket"`, `"long-poll"`, `"memory"`. */
  readonly kind: string
  /** Whether the transport compresses messages by itself (RFC 7692), so that ours stays off. */
  readonly compresses: boolean
  /** Bytes accepted by `send` and not yet handed to the network; 0 where the platform does not tell. */
  readonly backlogBytes: number
  /** Takes ownership of `message`: the caller never touches it again. Ignored after a close. */
  send(message: Uint8Array): void
  /** Calls `send`: messages sent within leave by one system call, where `send` alone makes one for each. */
  together?(send: () => void): void
  /** Closes in good order; what was sent before arrives first. `onClose` follows in any case, soon. */
  close(code: number, reason: string): void
  /** Cuts at once, without a word: for peers that do not answer a close. Absent where the platform cannot. */
  abort?(): void
}

/** What a transport tells its driver. No call may throw into the platform's listener. */
export interface TransportListener {
  onOpen(): void
  /** `message` may be a view of memory that others share: copy what is kept, never expose its buffer. */
  onMessage(message: Uint8Array): void
  /**
   * The last call, exactly once. `code` 1006: gone without a word.
   *
   * @param retryAfterMs how long the other end wants to be left alone, where it has said so
   */
  onClose(code: number, reason: string, retryAfterMs?: number): void
  /** The backlog went down to nothing. */
  onDrain(): void
}

/**
 * Opens a transport. The listener is not called before `connect` has returned. `onClose` without `onOpen` means it never
 * opened.
 */
export interface Connector {
  readonly kind: string
  connect(listener: TransportListener): Transport
}

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Runs `task` once, no earlier than at `at`. The returned function cancels it. */
  schedule(at: number, task: () => void): () => void
  /** Runs `task` at the end of this turn of the event loop: after its microtasks, before it sleeps. */
  defer(task: () => void): void
  /**
   * Runs `task` in the next turn of the event loop: after the sockets that have something were read, and after what was
   * deferred. Without it one connection can keep others waiting for as long as it has something to ask.
   */
  nextTurn?(task: () => void): void
  /**
   * Runs `task` when the microtasks of what runs now are done, ahead of anything else that comes in: then it can be told what
   * that has cost, and nothing else. Absent where the platform cannot.
   */
  afterMicrotasks?(task: () => void): void
}

/** One algorithm for message bodies, without state from one body to the next. */
export interface Compressor {
  /** As negotiated: `"deflate-raw"`. */
  readonly algorithm: string
  deflate(body: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Fails with a `ProtocolViolation` when the result would pass `maxBytes`, before it has used much more. */
  inflate(body: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array>
}

/** Numbers in [0, 1). */
export type Random = () => number
