import type { Payload } from '../protocol/frame.ts'
import type { CalleeEffect, CallerEffect } from '../session/effect.ts'
import type { OutgoingCall, OutgoingError, OutgoingListen, OutgoingOpen } from '../session/session.ts'

/**
 * A session with its driver around it, as callers and dispatchers see it: the same moves as `Session`, without the
 * clock and with the effects already applied. After the connection is lost every move is without effect.
 */
export interface SessionLink {
  nextId(): number
  call(request: OutgoingCall): void
  open(request: OutgoingOpen): void
  listen(request: OutgoingListen): void
  cancel(id: number): void
  isUnsent(id: number): boolean
  succeed(id: number, output: Payload | undefined): void
  fail(id: number, error: OutgoingError): void
  canSendItem(id: number): boolean
  sendItem(id: number, value: Payload, resume: Payload | undefined): void
  sendEnd(id: number): void
  /** Whether an answer would leave now. Where it would not, `onRoom` of the callee follows once it would. */
  hasRoom(): boolean
  itemConsumed(id: number, byteLength: number): void
  /** No message with a frame of this id will be compressed, until the id is settled (CRIME, BREACH). */
  sendPlain(id: number): void
}

/** `item`, `end` and `writable` reach whoever owns the id: the caller for its own, the callee for the peer's. */
export type StreamEffect = Extract<CallerEffect, { readonly type: 'item' | 'end' | 'writable' }>

/** Receives what concerns ids of this end. Must not throw. */
export interface CallerSide {
  onCallerEffect(effect: CallerEffect): void
  /** The connection is lost, with everything in flight; `link.isUnsent(id)` still answers during this call. */
  onLost(): void
}

/** Receives what the peer asks of this end. Must not throw. */
export interface CalleeSide {
  onCalleeEffect(effect: CalleeEffect | StreamEffect): void
  /** `hasRoom` of the link has become true again. */
  onRoom(): void
  /** The connection is lost: abort everything that runs for it. */
  onLost(): void
}
