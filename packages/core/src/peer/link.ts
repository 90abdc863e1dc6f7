import type { ItemBatch, Payload } from '../protocol/frame.ts'
import type { CreditWindow } from '../session/credit.ts'
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
  /** What may be sent now under this id. Where nothing may, `writable` follows once something may. */
  itemRoom(id: number): ItemRoom | undefined
  /** At most as many items as `itemRoom` says. */
  sendItems(id: number, batch: ItemBatch): void
  /** Items of so many bytes will be sent in this turn. Returns whether others may follow, of whatever stream. */
  itemsCollected(items: number, byteLength: number): boolean
  /** Calls `flush` when the turn is over, before what was sent in it leaves; or at once, where there are no turns. */
  collect(flush: () => void): void
  sendEnd(id: number): void
  /** Whether an answer would leave now. Where it would not, `onRoom` of the callee follows once it would. */
  hasRoom(): boolean
  itemsConsumed(id: number, taken: CreditWindow): void
  /** No message with a frame of this id will be compressed, until the id is settled (CRIME, BREACH). */
  sendPlain(id: number): void
}

/** How much of a stream may be sent: so many items, while their bytes are below `bytes`. */
export interface ItemRoom extends CreditWindow {
  /** Of one batch, unless it is of one item. */
  readonly batchBytes: number
}

/** `items`, `end` and `writable` reach whoever owns the id: the caller for its own, the callee for the peer's. */
export type StreamEffect = Extract<CallerEffect, { readonly type: 'items' | 'end' | 'writable' }>

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
