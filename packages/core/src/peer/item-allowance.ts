/*
 * How much of its streams a connection sends in one turn. Credit alone is no bound: a peer may grant any amount of it, and a
 * source that is never waited for would then be read to its end before anybody else has a turn. Owns: what is spent, who was
 * put off. Must not know: credit, frames.
 */

/** Far above what one turn carries where credit is what the peer began with. */
export const ITEM_BYTES_PER_TURN: number = 1024 * 1024

/** Of an item of no bytes, so that those are not free. */
const FRAME_BYTES = 16

export class ItemAllowance {
  #spentBytes = 0
  readonly #putOff = new Set<number>()

  /** Whether an item of stream `id` may go in this turn. One that may not is told of by `takePutOff`. */
  allows(id: number): boolean {
    if (this.#spentBytes < ITEM_BYTES_PER_TURN) return true
    this.putOff(id)
    return false
  }

  /** Stream `id` may not go on now, for whatever reason. */
  putOff(id: number): void {
    this.#putOff.add(id)
  }

  spend(byteLength: number): void {
    this.#spentBytes += byteLength + FRAME_BYTES
  }

  /** Another turn begins. */
  renew(): void {
    this.#spentBytes = 0
  }

  /** The streams that were put off, to be told that they may go on. */
  takePutOff(): readonly number[] {
    if (this.#putOff.size === 0) return NOBODY
    const ids = [...this.#putOff]
    this.#putOff.clear()
    return ids
  }
}

const NOBODY: readonly number[] = Object.freeze([])
