import type { Outbox } from '../io/outbox.ts'
import { NO_WINDOW } from '../io/replay.ts'
import type { SharedFrame } from '../io/shared-frame.ts'
import type { VolatileStats } from '../io/volatile-slots.ts'
import { BacklogWatch, DEFAULT_BACKLOG_LIMITS } from './backlog-watch.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { ItemAllowance } from './item-allowance.ts'
import { BEHIND_BYTES, type Reception, type VolatileEvents } from './volatile-events.ts'

/*
 * How fast one peer is sent to: no more is made ready than it takes. Owns: who has to wait for room or for another turn, and when the
 * peer is given up. Must not know: sessions, frames, how a transport works. Normative text: PROTOCOL.md, "Resuming" and "Limits".
 */

/** The peer, as far as it can be sent to. */
export interface PacedPeer {
  /** Bytes accepted by the transport and not yet handed to the network; `undefined` while there is none. */
  readonly backlogBytes: number | undefined
  /** Whether there is one. */
  readonly isThere: boolean
}

export type SendPaceOptions = Pick<ConnectionOptions, 'clock' | 'window' | 'backlog' | 'createVolatile'>

const NO_VOLATILE: VolatileStats = { waiting: 0, waitingBytes: 0, dropped: 0 }

export class SendPace {
  readonly #peer: PacedPeer
  readonly #outbox: Outbox
  readonly #options: SendPaceOptions
  /** Made for the first stream. */
  #allowance: ItemAllowance | undefined
  #volatile: VolatileEvents | undefined
  #watch: BacklogWatch
  /** Whether the callee was told that there is no room for its answers. */
  #callee: 'content' | 'waits for room' = 'content'
  /** Bytes of answers that were given in this turn and have not reached the outbox: the effects at hand come first. */
  #givenBytes = 0
  /** Items that will have been sent when this turn is over. */
  #collectedItems = 0
  #collectedBytes = 0
  /** How many bytes there was room for when a stream asked last, those that were collected not taken off. */
  #roomBytes = 0

  constructor(peer: PacedPeer, outbox: Outbox, options: SendPaceOptions) {
    this.#peer = peer
    this.#outbox = outbox
    this.#options = options
    this.#watch = this.#createWatch()
  }

  #createWatch(): BacklogWatch {
    return new BacklogWatch(this.#options.backlog ?? DEFAULT_BACKLOG_LIMITS)
  }

  get volatile(): VolatileStats {
    return this.#volatile?.stats ?? NO_VOLATILE
  }

  /** When to look at the backlog again, in the time of `now`. */
  get nextCheckAt(): number | undefined {
    return this.#peer.isThere ? this.#watch.nextCheckAt : undefined
  }

  publishVolatile(frame: SharedFrame): Reception {
    // Made when it is needed: most connections are never sent any.
    this.#volatile ??= this.#options.createVolatile?.({
      keepsUp: () => this.#keepsUp,
      fits: (one) => this.#outbox.fits(one),
      send: (one) => void this.#outbox.appendShared(one),
    })
    return this.#volatile?.publish(frame) ?? 'missed'
  }

  /** Sends volatile events that waited. @returns whether there were any */
  releaseVolatile(): boolean {
    return this.#volatile?.release() === true
  }

  /** The transport is gone or left: the next one has a backlog of its own, and what was volatile is late. */
  restart(): void {
    this.#volatile?.clear()
    this.#watch = this.#createWatch()
  }

  /** Whether stream `id` may send an item in this turn. One that may not is among `streamsToWake` later. */
  allowsItem(id: number): boolean {
    this.#roomBytes = this.#peer.isThere ? this.#bytesLeft : 0
    this.#allowance ??= new ItemAllowance(this.#options.clock)
    if (this.#mayCollect && this.#allowance.admits(id)) return true
    this.#allowance.putOff(id)
    return false
  }

  /** Items of so many bytes are to be sent in this turn. Returns whether others may follow. */
  itemsCollected(items: number, byteLength: number): boolean {
    this.#collectedItems += items
    this.#collectedBytes += byteLength
    return this.#mayCollect
  }

  /** Items were sent, whether or not they had been collected. */
  itemsSent(items: number, byteLength: number): void {
    this.#allowance?.spend(items, byteLength)
    this.#roomBytes -= byteLength
    this.#collectedItems = Math.max(0, this.#collectedItems - items)
    this.#collectedBytes = Math.max(0, this.#collectedBytes - byteLength)
  }

  answerGiven(byteLength: number): void {
    this.#givenBytes += byteLength
  }

  answerTaken(byteLength: number): void {
    this.#givenBytes -= byteLength
  }

  /** Whether an answer would leave now. Where it would not, `shouldOfferRoom` says when it would. */
  hasRoomForAnswer(): boolean {
    // Of what waits for a peer that is not there each byte counts, and must be one for that.
    if (!this.#peer.isThere || this.#hasRoom) return true
    this.#callee = 'waits for room'
    return false
  }

  /** A turn is over, if not one of the event loop. */
  messageLeft(): void {
    this.#allowance?.messageLeft()
    this.#givenBytes = 0
    this.#collectedItems = 0
    this.#collectedBytes = 0
  }

  /** Whether the callee waits for room that there is now. It is taken to know. */
  shouldOfferRoom(): boolean {
    if (this.#callee === 'content' || (this.#peer.isThere && !this.#hasRoom)) return false
    this.#callee = 'content'
    return true
  }

  /** Another turn of the event loop begins. */
  renewItems(): void {
    this.#allowance?.renew()
  }

  /** Streams that had to wait and may go on in the turn that begins. Others may in the one behind it: see `hasStreamsToWake`. */
  streamsToWake(): readonly number[] {
    return this.hasStreamsToWake && this.#allowance?.isWhole === true ? this.#allowance.takePutOff() : NOBODY
  }

  get hasStreamsToWake(): boolean {
    return this.#allowance?.hasPutOff === true && this.#peer.isThere && this.#hasRoom
  }

  /** Whether bytes that had to wait have gone since this was asked last. */
  hasMoved(): boolean {
    return this.#watch.hasMoved(this.#outbox.wireBytes, this.#backlogBytes)
  }

  /** Says what is wrong where the peer makes no progress. */
  stalled(): string | undefined {
    const { wireBytes, heldBytes } = this.#outbox
    const waitingBytes = this.#backlogBytes + heldBytes
    const isTooSlow = this.#watch.isTooSlow(wireBytes + heldBytes, waitingBytes, this.#options.clock)
    return isTooSlow ? tooMuchWaits(waitingBytes) : undefined
  }

  /** Says what is wrong where too much waits in the transport: the end of the turn may be too late to look. */
  overrun(): string | undefined {
    const backlogBytes = this.#backlogBytes
    return backlogBytes > this.#watch.maxBytes ? tooMuchWaits(backlogBytes) : undefined
  }

  /** Says what is wrong where too much is held back for a peer that acknowledges nothing, or that is not there. */
  overheld(): string | undefined {
    const { heldBytes } = this.#outbox
    const { window = NO_WINDOW } = this.#options
    const most = this.#peer.isThere ? this.#watch.maxBytes : window.bytes
    return heldBytes > most ? tooMuchWaits(heldBytes) : undefined
  }

  get #backlogBytes(): number {
    return this.#peer.backlogBytes ?? 0
  }

  /** Also without a window (a session that cannot be resumed) no more is made than the transport takes. */
  get #hasRoom(): boolean {
    return this.#bytesLeft > this.#collectedBytes
  }

  /** What may be sent besides the answers that were given. Below 1: nothing. */
  get #bytesLeft(): number {
    const unwatchedBytes = this.#watch.watchedBytes + 1 - this.#outbox.unsentBytes - this.#backlogBytes
    return Math.min(this.#outbox.roomBytes, unwatchedBytes) - this.#givenBytes
  }

  get #mayCollect(): boolean {
    if (this.#collectedBytes >= this.#roomBytes) return false
    return this.#allowance?.leaves(this.#collectedItems, this.#collectedBytes) !== false
  }

  /** Whether what is sent now is read soon. */
  get #keepsUp(): boolean {
    const waitingBytes = this.#peer.backlogBytes
    const { hasRoom, unsentBytes } = this.#outbox
    return waitingBytes !== undefined && hasRoom && waitingBytes + unsentBytes <= BEHIND_BYTES
  }
}

const NOBODY: readonly number[] = Object.freeze([])

function tooMuchWaits(waitingBytes: number): string {
  return `${waitingBytes} bytes wait for this connection and it does not read them`
}
