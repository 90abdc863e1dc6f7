import type { Frame, GoAway, Hello, ItemBatch, Meta, Payload, ProcedureRef, Welcome } from '../protocol/frame.ts'
import type { WireLimitName } from '../protocol/limit-name.ts'

/**
 * What a session asks of its driver. Every input of a session returns a list of these; the driver applies them
 * in order, in one switch. Nothing here is asynchronous: a driver that needs time (authenticating, running a
 * handler) comes back with another input.
 *
 * A list is made before any of it is applied: where a driver settles an id halfway, the rest of the list may still speak of it,
 * and is to be ignored.
 */
export type Effect = WireEffect | HandshakeEffect | CalleeEffect | CallerEffect | LinkEffect

/** To the wire. */
export type WireEffect =
  /** Put the frame into the outbox. Frames of one tick leave as one message. */
  | { readonly type: 'send'; readonly frame: Frame }
  /** An acknowledgement is due: a message must leave with this turn, without any frame if there is none to carry it. */
  | { readonly type: 'ack' }
  /**
   * The connection is of no use any more, the session lives: tell the peer by CLOSE, close the transport, and wait for
   * another connection. Last effect of a list.
   */
  | { readonly type: 'detach'; readonly code: number; readonly reason: string }
  /**
   * The session is over: send CLOSE, flush, close the transport. Whatever was in flight is lost; the driver
   * settles it. Always the last effect of a list and of a session.
   */
  | { readonly type: 'close'; readonly code: number; readonly reason: string; readonly retry: boolean }

export type HandshakeEffect =
  /** Server: decide on this client, then call `accept` or `refuse`. */
  | { readonly type: 'hello'; readonly hello: Hello }
  /** Client: the server accepted. Calls already sent are running there. */
  | { readonly type: 'welcome'; readonly welcome: Welcome }
  /** Server: fresh credentials arrived; answer with `authAccepted` or `close`. */
  | { readonly type: 'auth'; readonly auth: Payload }
  /** Client: the fresh credentials were accepted. */
  | { readonly type: 'auth-ok'; readonly expiresInMs: number | undefined }

/** The peer calls us. */
export type CalleeEffect =
  | {
      readonly type: 'call'
      readonly id: number
      readonly procedure: ProcedureRef
      readonly input: Payload | undefined
      readonly timeoutMs: number | undefined
      readonly meta: Meta | undefined
    }
  | {
      readonly type: 'open'
      readonly id: number
      readonly procedure: ProcedureRef
      readonly input: Payload | undefined
      readonly timeoutMs: number | undefined
      readonly meta: Meta | undefined
      readonly resume: Payload | undefined
    }
  | { readonly type: 'listen'; readonly id: number; readonly event: ProcedureRef; readonly params: Payload | undefined }
  /** Abort what runs under this id. Nothing sent for it any more reaches the peer. */
  | { readonly type: 'abort'; readonly id: number; readonly why: 'cancelled' | 'timeout' }

/** Answers to what we called, and items of streams both ways. */
export type CallerEffect =
  | { readonly type: 'ok'; readonly id: number; readonly output: Payload | undefined }
  | {
      readonly type: 'error'
      readonly id: number
      readonly code: string
      readonly message: string
      readonly data: Payload | undefined
    }
  | ({ readonly type: 'items'; readonly id: number } & ItemBatch)
  /** The peer sends no more items under this id. */
  | { readonly type: 'end'; readonly id: number }
  /** There is credit again for items under this id. */
  | { readonly type: 'writable'; readonly id: number }
  /** Our own deadline for this call has passed; CANCEL is on its way. */
  | { readonly type: 'timeout'; readonly id: number }
  | {
      readonly type: 'event'
      readonly event: ProcedureRef
      readonly params: Payload | undefined
      readonly payload: Payload | undefined
    }

export type LinkEffect =
  /** The server will go: open another connection at a moment within the window. */
  | { readonly type: 'go-away'; readonly goAway: GoAway }
  /** A round trip was measured. */
  | { readonly type: 'round-trip'; readonly ms: number }
  /** The peer has hit a limit; what becomes of that follows. */
  | { readonly type: 'limited'; readonly limit: WireLimitName }
  /** The peer closed the connection, and not the session, with a CLOSE frame: as `detach`, without telling it. */
  | { readonly type: 'detached'; readonly code: number; readonly reason: string }
  /** The peer closed the session with a CLOSE frame. The driver closes the transport. Last effect of a session. */
  | { readonly type: 'closed'; readonly code: number; readonly reason: string; readonly retry: boolean }

/** Shared, so that the common case allocates nothing. */
export const NO_EFFECTS: readonly Effect[] = Object.freeze([])
