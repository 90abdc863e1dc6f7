import type { WireLimitName } from '../protocol/limit-name.ts'
import type { HandshakeEffect, LinkEffect } from '../session/effect.ts'
import type { Ending } from './ending.ts'

/** What a connection tells the client or the server it belongs to. Called in this order, except for the last four. */
export interface ConnectionObserver {
  /** The transport is open. A client answers with `opened` on its session. */
  onOpen(): void
  onHandshake(effect: HandshakeEffect): void
  onLinkEffect(effect: Exclude<LinkEffect, { readonly type: 'closed' | 'detached' | 'limited' }>): void
  /** The peer has hit a limit; what becomes of that follows. */
  onLimited?(limit: WireLimitName): void
  /** A message was decoded: so many frames, and so many bytes where it was inflated. They are about to be dealt with. */
  onReceived?(frames: number, inflatedBytes: number): void
  /** The first message has come over a transport that was taken over: the peer knows of it. */
  onProven?(): void
  /** The transport is lost or left, and the session waits for another connection to take over. */
  onDetached(ending: Ending): void
  /** The turn is over, and what is kept for a peer that is away may be more than before. */
  onKept?(): void
  /** The session is over, exactly once, and callers and callees know. The transport may still need a moment. */
  onLost(ending: Ending): void
  /** The transport is gone as well, exactly once: the last call. */
  onClosed(ending: Ending): void
  /** Something failed inside that is nobody's doing outside. The connection ends with 4500; this is for the log. */
  onFault(error: unknown): void
}
