import type { Clock } from '../io/ports.ts'

/*
 * How much of its streams a connection sends in one turn of the event loop. Credit alone is no bound: a peer may grant any amount of
 * it, and a source that is never waited for would then be read to its end before anybody else has a turn. Owns: what is spent, of
 * bytes and of time, who was put off. Must not know: credit, frames.
 */

/**
 * With as much in each turn a connection is far faster than any network. Twice as much filled a message, and the next one was not
 * made before that was deflated and written: streams of 100 bytes came half as fast, and others waited for longer.
 */
export const ITEM_BYTES_PER_TURN: number = 32 * 1024
/** As much as its handlers may have of a turn. 128 streams without end made calls of others wait for 40 ms before. */
export const ITEM_MS_PER_TURN = 0.5
/** What took less is not worth a turn of the event loop: Deno takes a millisecond for some. */
const ENOUGH_MS = ITEM_MS_PER_TURN / 4
/** However little time they have taken. */
export const MOST_SHARES = 4

/**
 * Streams that may send in one turn: each makes some tens of items before it looks again at what is left, so that all of 128 made
 * turns of 8 ms.
 */
export const STREAMS_PER_TURN = 4

/** So that small items are not free: making and checking some thousands of them takes milliseconds. */
export const BYTES_PER_ITEM = 32

export class ItemAllowance {
  readonly #clock: Pick<Clock, 'now'>
  #spentBytes = 0
  /** That were used up in this turn. */
  #shares = 0
  /** When the first of this turn were made. */
  #since: number | undefined
  /** The streams of this turn. Most connections have none. */
  #admitted: number[] | undefined
  #putOff: Set<number> | undefined

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Whether an item more may go in this turn, with so many others that were not spent yet. */
  leaves(items: number, byteLength: number): boolean {
    if (items + this.#spentBytes === 0) return true
    const now = this.#clock.now()
    this.#since ??= now
    if (now - this.#since >= ITEM_MS_PER_TURN) return false
    return this.#spentBytes + byteLength + items * BYTES_PER_ITEM < ITEM_BYTES_PER_TURN
  }

  /** Whether stream `id` is one of those that may send in this turn. */
  admits(id: number): boolean {
    this.#admitted ??= []
    if (this.#admitted.includes(id)) return true
    return this.#admitted.length < STREAMS_PER_TURN && this.#admitted.push(id) > 0
  }

  /** Stream `id` may not go on now, for whatever reason. It is told of by `takePutOff`. */
  putOff(id: number): void {
    this.#putOff ??= new Set()
    this.#putOff.add(id)
  }

  spend(items: number, byteLength: number): void {
    this.#spentBytes += byteLength + items * BYTES_PER_ITEM
  }

  /** Whether nothing of it is spent. */
  get isWhole(): boolean {
    return this.#spentBytes === 0 && (this.#admitted === undefined || this.#admitted.length === 0)
  }

  /**
   * What was collected has left, which may be several times in a turn of the event loop: each message that comes in may be cause for
   * it. Whoever had to wait goes on if that took no time, and else once others have had their turn.
   */
  messageLeft(): void {
    const since = this.#since
    const shares = this.#shares + 1
    if (this.hasPutOff && (shares === MOST_SHARES || this.#clock.now() - (since ?? 0) >= ENOUGH_MS)) return
    this.renew()
    if (!this.hasPutOff) return
    this.#since = since
    this.#shares = shares
  }

  /** Another turn of the event loop begins. */
  renew(): void {
    if (this.#admitted !== undefined) this.#admitted.length = 0
    this.#spentBytes = 0
    this.#shares = 0
    this.#since = undefined
  }

  get hasPutOff(): boolean {
    return this.#putOff !== undefined
  }

  /** Those that have been put off for longest, to be told that they may go on: as many as one turn has room for. */
  takePutOff(): readonly number[] {
    const putOff = this.#putOff
    if (putOff === undefined) return NOBODY
    if (putOff.size <= STREAMS_PER_TURN) {
      this.#putOff = undefined
      return [...putOff]
    }
    const ids: number[] = []
    for (const id of putOff) {
      if (ids.length === STREAMS_PER_TURN) break
      putOff.delete(id)
      ids.push(id)
    }
    return ids
  }
}

const NOBODY: readonly number[] = Object.freeze([])
