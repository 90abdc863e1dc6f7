import type {
  Frame,
  GoAway,
  ItemBatch,
  MessageHeader,
  Meta,
  Payload,
  ProcedureRef,
  Welcome,
} from '../protocol/frame.ts'
import type { CreditWindow } from './credit.ts'
import type { Effect } from './effect.ts'

/**
 * The decisions of one end of a session: who may send what, when, and what follows. It has no socket, timer, clock
 * or random source: `now` is monotonic milliseconds and comes with every input, and what is to be done comes
 * back as effects.
 *
 * Order of use for a received message: `admit(header)`; when it says `accept`, inflate and decode the body and hand the
 * frames to `receive`. For an outgoing one: collect `send` effects, then take its header from `stamp`.
 */
export interface Session {
  readonly role: 'client' | 'server'
  readonly state: SessionState
  /** The hash the peer sent in HELLO or WELCOME; `undefined` before that. Equal to ours: indexes may name procedures. */
  readonly peerContractHash: string | undefined

  /** Looks at a header before anything else is spent on the message. */
  admit(header: MessageHeader, byteLength: number, now: number): Admission
  /** Takes the frames of an admitted message. Never throws: a violation is a `close` effect. */
  receive(header: MessageHeader, frames: readonly Frame[], now: number): readonly Effect[]
  /** Bytes that waited for the peer have gone: it lives, even where it cannot say so before it has read them. */
  alive(now: number): void
  /** The bytes were not a message, or broke a limit: ends the session with that code. */
  violated(closeCode: number, reason: string, now: number): readonly Effect[]
  /** Numbers the counted frames of a message that is about to leave. */
  stamp(countedFrames: number, byteLength: number, now: number): MessageHeader
  /** Gives a message that was stamped before its header for another connection. */
  restamp(seq: number, countedFrames: number, byteLength: number): MessageHeader
  /** The highest number of ours that the peer is known to have accepted: what was sent up to it can be forgotten. */
  readonly acknowledged: number
  /**
   * The transport is gone, with that code: the session is `detached` and waits for another one, or it is over and
   * `closed`.
   */
  transportClosed(code: number, now: number): void
  /** This connection is of no use any more: detaches the session from it where it may go on, else ends it. */
  leave(code: number, reason: string, now: number): readonly Effect[]
  /** Whether it would wait for another connection if it lost this one, or waits already. */
  readonly isResumable: boolean
  /** Whether another connection can go on for a peer that has accepted everything up to `rx`. */
  canContinueFrom(rx: number): boolean

  /** The next id of this end; use it in the very next call, open or listen. */
  nextId(): number
  call(request: OutgoingCall, now: number): readonly Effect[]
  open(request: OutgoingOpen, now: number): readonly Effect[]
  listen(request: OutgoingListen, now: number): readonly Effect[]
  /** No longer interested in an id of ours: call, stream or topic. Unknown and settled ids are no error. */
  cancel(id: number, now: number): readonly Effect[]
  /**
   * Whether a call, stream or topic of ours has certainly not reached a handler: it waits for HELLO, for WELCOME or for a
   * free place under the peer's limits, or it went with a HELLO that the server refused. Answers after the end of the
   * session too, for whatever was unsettled then.
   */
  isUnsent(id: number): boolean

  /** Settles a call, stream or topic of the peer's. Without effect after `abort`. */
  succeed(id: number, output: Payload | undefined): readonly Effect[]
  fail(id: number, error: OutgoingError): readonly Effect[]

  /**
   * How many items may be sent, and of how many bytes, which the last of them may pass: of ids that are open for our items
   * and have credit from the peer. What is given out goes on to tell that of its id.
   */
  itemCredit(id: number): CreditWindow | undefined
  /** At most as many items as `itemCredit` says. */
  sendItems(id: number, batch: ItemBatch): readonly Effect[]
  /** No more items from us. On a stream of the peer's this settles it. */
  sendEnd(id: number): readonly Effect[]
  /** The application took items: credit may go back to the peer. */
  itemsConsumed(id: number, taken: CreditWindow): readonly Effect[]

  /** Ends the session in good order. */
  close(code: number, reason: string, retry: boolean): readonly Effect[]
  /** When `handleTimeout` wants to be called, in the time of `now`; `undefined` for never. */
  nextDeadline(): number | undefined
  handleTimeout(now: number): readonly Effect[]
  stats(): SessionStats
}

export type SessionState = 'opening' | 'handshaking' | 'open' | 'detached' | 'closed'

export type Admission =
  | { readonly type: 'accept' }
  /** A repeat of what was accepted before, or the session is over: spend nothing on it. */
  | { readonly type: 'drop' }
  /** The header itself is a violation: apply `effects`. */
  | { readonly type: 'reject'; readonly effects: readonly Effect[] }

export interface OutgoingCall {
  readonly id: number
  readonly procedure: ProcedureRef
  readonly input: Payload | undefined
  readonly timeoutMs: number | undefined
  readonly meta: Meta | undefined
}

export interface OutgoingOpen extends OutgoingCall {
  readonly resume: Payload | undefined
  /** Whether this end sends items too. */
  readonly duplex: boolean
}

export interface OutgoingListen {
  readonly id: number
  readonly event: ProcedureRef
  readonly params: Payload | undefined
}

export interface OutgoingError {
  readonly code: string
  readonly message: string
  readonly data: Payload | undefined
}

/** All zero once everything is settled and the session is closed. */
export interface SessionStats {
  /** Calls of ours without an answer. */
  readonly calls: number
  /** Streams of ours without an end. */
  readonly streams: number
  readonly topics: number
  /** Calls, streams and topics of ours that wait for HELLO or for a free place. */
  readonly waiting: number
  readonly peerCalls: number
  readonly peerStreams: number
  readonly peerTopics: number
}

export interface ServerDecisions {
  /**
   * Accepts the HELLO: WELCOME leaves, then everything that came with the HELLO is delivered. The session fills in
   * `rx`. Without effect when the session has ended meanwhile.
   */
  accept(welcome: Welcome, now: number): readonly Effect[]
  /** Refuses it. Nothing that came with the HELLO was or will be run. */
  refuse(code: number, reason: string, retry: boolean, now: number): readonly Effect[]
  /**
   * Another connection takes over this session, which is open or detached. Whatever is sent next leaves on that one,
   * behind the WELCOME that is returned.
   *
   * @throws ProtocolViolation where `canContinueFrom(rx)` is false
   */
  resume(welcome: Welcome, rx: number, now: number): Welcome
  authAccepted(expiresInMs: number | undefined, now: number): readonly Effect[]
  goAway(goAway: GoAway, now: number): readonly Effect[]
}

/** What HELLO says of the session that it wants to go on with. */
export interface Resumption {
  readonly sid: string
  readonly token: Uint8Array
  readonly rx: number
  readonly attempt: number
}

export interface ClientMoves {
  /**
   * The transport is open: HELLO leaves, and behind it in the same message the calls that are there, as far as `helloBytes`
   * allows. What comes later waits for WELCOME.
   */
  opened(now: number): readonly Effect[]
  /** For the HELLO of another connection to this session. Each has an `attempt` of its own. */
  nextResumption(): Resumption
  /**
   * The server has accepted such a HELLO with `resumed`: that connection takes over.
   *
   * @throws ProtocolViolation for a WELCOME that cannot be
   */
  resume(welcome: Welcome, now: number): readonly Effect[]
  /** The machine may have slept, or the network changed: PING with a short deadline instead of trusting the link. */
  wake(now: number): readonly Effect[]
  /** Fresh credentials for the same principal. While an answer is pending only the latest of them waits. */
  refreshAuth(auth: Payload, now: number): readonly Effect[]
}
