import { CloseCode } from '../protocol/close-codes.ts'
import type { MessageHeader } from '../protocol/frame.ts'
import { ProtocolViolation, protocolError } from '../protocol/violation.ts'

/**
 * Numbers the counted frames of one session, both ways, and decides when an acknowledgement is due.
 *
 * Owns: the last numbers sent, admitted and accepted. Must not know: what the frames say.
 * Normative text: PROTOCOL.md, "Header".
 */

/** An acknowledgement leaves by itself after so many frames or bytes without a message to carry it. */
export const ACK_AFTER_FRAMES = 32
export const ACK_AFTER_BYTES: number = 32 * 1024
/** Or once nothing more has come for so long: a sender that may send no more before it is told stands still. */
export const ACK_QUIET_MS = 200
/** And at the latest, since the sender keeps all of it. As long as more comes, one each 200 ms cost a tenth of every event. */
export const ACK_LATEST_MS = 1_000

/** What this end owes: nothing, an ACK at `dueAt` or sooner, or one that the driver was asked for already. */
type Debt =
  | { readonly type: 'none' }
  | { readonly type: 'owed'; readonly frames: number; readonly dueAt: number; readonly latestAt: number }
  | { readonly type: 'asked' }

/** Counted frames of ours that the peer has not acknowledged, seen from the oldest message of them. */
export interface Unacked {
  readonly since: number
  /** Bytes that had left when `since` was noted, all of them unacknowledged then. */
  readonly bytes: number
}

const NO_DEBT: Debt = Object.freeze({ type: 'none' })
const ASKED: Debt = Object.freeze({ type: 'asked' })

export class Sequence {
  #sent = 0
  #acked = 0
  #admitted = 0
  #accepted = 0
  #debt: Debt = NO_DEBT
  #bytesSinceStamp = 0
  /** One marked number instead of a list of all: when it is acknowledged, the newest sent is marked next. */
  #mark: { readonly number: number; readonly since: number; readonly bytes: number } | undefined
  #bytesSinceMark = 0

  get sent(): number {
    return this.#sent
  }

  /** The highest number of ours that the peer is known to have accepted. */
  get acked(): number {
    return this.#acked
  }

  get accepted(): number {
    return this.#accepted
  }

  get unacked(): Unacked | undefined {
    return this.#mark
  }

  /**
   * Judges a header by what was admitted before it, which may still wait to be decoded. A gap or a partial overlap
   * is of this connection's making: the next one begins at what was accepted.
   */
  admit(header: MessageHeader, byteLength: number, now: number): 'accept' | 'duplicate' {
    if (header.ack > this.#sent) {
      throw protocolError(`Expected an ack of at most ${this.#sent}, got ${header.ack}`)
    }
    this.#acknowledge(header.ack, now)
    if (header.count === 0) return 'accept'
    const last = header.seq + header.count - 1
    if (last <= this.#admitted) {
      this.#debt = { type: 'owed', frames: 0, dueAt: now, latestAt: now }
      return 'duplicate'
    }
    if (header.seq !== this.#admitted + 1) {
      const reason = `Expected frame ${this.#admitted + 1} next, got ${header.seq} to ${last}`
      throw new ProtocolViolation(CloseCode.SequenceGap, reason)
    }
    this.#admitted = last
    this.#bytesSinceStamp += byteLength
    return 'accept'
  }

  /** The frames of an admitted message are in the ordered queue: that is what an acknowledgement means. */
  accept(count: number, now: number): void {
    if (count === 0) return
    this.#accepted += count
    const debt = this.#debt
    if (debt.type === 'asked') return
    const frames = count + (debt.type === 'owed' ? debt.frames : 0)
    const full = frames >= ACK_AFTER_FRAMES || this.#bytesSinceStamp >= ACK_AFTER_BYTES
    const latestAt = debt.type === 'owed' ? debt.latestAt : now + ACK_LATEST_MS
    this.#debt = { type: 'owed', frames, dueAt: full ? now : Math.min(now + ACK_QUIET_MS, latestAt), latestAt }
  }

  /** The header of the message that leaves now. It carries the acknowledgement, so nothing is owed after it. */
  stamp(count: number, byteLength: number, now: number): MessageHeader {
    this.#debt = NO_DEBT
    this.#bytesSinceStamp = 0
    const seq = count === 0 ? 0 : this.#sent + 1
    if (count > 0) {
      this.#sent += count
      if (this.#mark === undefined) this.#mark = { number: this.#sent, since: now, bytes: byteLength }
      else this.#bytesSinceMark += byteLength
    }
    return { seq, count, ack: this.#accepted }
  }

  /** The header of a message that was stamped before and leaves again, on another connection. */
  repeat(seq: number, count: number, byteLength: number): MessageHeader {
    this.#debt = NO_DEBT
    this.#bytesSinceStamp = 0
    if (this.#mark !== undefined) this.#mark = { ...this.#mark, bytes: this.#mark.bytes + byteLength }
    return { seq, count, ack: this.#accepted }
  }

  /** Whether a peer that has accepted everything up to `rx` can be given the rest. */
  canContinueFrom(rx: number): boolean {
    return rx <= this.#sent
  }

  /** Another connection takes over. What was admitted and not accepted is forgotten: the peer sends it again. */
  continueFrom(rx: number, now: number): void {
    if (!this.canContinueFrom(rx)) {
      throw protocolError(`Expected \`rx\` of at most ${this.#sent}, got ${rx}`)
    }
    // What it has acknowledged since over the connection that is replaced counts, too.
    this.#acked = Math.max(rx, this.#acked)
    this.#admitted = this.#accepted
    this.#debt = NO_DEBT
    this.#bytesSinceStamp = 0
    this.#mark = this.#acked < this.#sent ? { number: this.#sent, since: now, bytes: 0 } : undefined
    this.#bytesSinceMark = 0
  }

  get ackDueAt(): number | undefined {
    return this.#debt.type === 'owed' ? this.#debt.dueAt : undefined
  }

  /** True once per debt, when it is due: the driver then sends a message in any case. */
  takeDueAck(now: number): boolean {
    if (this.#debt.type !== 'owed' || now < this.#debt.dueAt) return false
    this.#debt = ASKED
    return true
  }

  #acknowledge(ack: number, now: number): void {
    if (ack <= this.#acked) return
    this.#acked = ack
    if (this.#mark === undefined || ack < this.#mark.number) return
    this.#mark = ack < this.#sent ? { number: this.#sent, since: now, bytes: this.#bytesSinceMark } : undefined
    this.#bytesSinceMark = 0
  }
}
