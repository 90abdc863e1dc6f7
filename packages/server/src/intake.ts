/**
 * What one socket brings, and how fast.
 *
 * Owns: whether it is read at this moment, and when it is again. Must not know: messages, sessions.
 * Normative text: PROTOCOL.md, "Limits".
 *
 * What has been read when the limit is passed is taken on credit, and reading stops until that has been paid back: so a
 * client that is too fast is slowed down by TCP, and loses nothing. Where a runtime cannot stop, or has read more than can be,
 * the credit has an end.
 */
import type { Clock } from '@tautline/core/io'
import type { Meter, MeteredLimit } from './meter.ts'
import type { ServerSocket } from './socket.ts'

/** Whom the socket belongs to at the moment. */
export interface IntakeOwner {
  /** It is read no more for a while: this was used up, by it alone or together with others. */
  onSlowed(limit: MeteredLimit, by: 'connection' | 'principal'): void
  /** Nothing can be heard of the client for now, which is our doing. */
  onUnheard(): void
  /** More came than can have been read before: the socket is to be closed. */
  onOverrun(limit: MeteredLimit): void
}

/** What all sockets of a server share. */
export interface IntakeSetup {
  readonly clock: Clock
  /** How much of each may be used on credit. */
  readonly credit: Readonly<Record<MeteredLimit, number>>
  /** So often the owner is told that nothing can be heard. In ms. */
  readonly unheardMs: number
}

type State =
  | { readonly type: 'reading' }
  | { readonly type: 'paused'; readonly cancelTimer: () => void }
  /** It is being closed, and not read any more. */
  | { readonly type: 'overrun' }
  /** It is being closed in good order. What comes meanwhile is dropped, and past its rate so many messages more. */
  | { readonly type: 'released'; left: number }
  | { readonly type: 'ended' }

const READING: State = Object.freeze({ type: 'reading' })

export class Intake {
  owner: IntakeOwner
  readonly #setup: IntakeSetup
  readonly #socket: ServerSocket
  readonly #own: Meter
  /** Of the principal, with all its connections. */
  #shared: Meter | undefined
  #state: State = READING

  constructor(setup: IntakeSetup, socket: ServerSocket, parts: { readonly meter: Meter; readonly owner: IntakeOwner }) {
    this.#setup = setup
    this.#socket = socket
    this.#own = parts.meter
    this.owner = parts.owner
  }

  /** From now on it counts for these, too. */
  share(meter: Meter | undefined): void {
    this.#shared = meter
  }

  /** A message is there. Returns whether it may be looked at. */
  message(byteLength: number): boolean {
    const isWithin = this.#own.message(byteLength)
    if (this.#shared !== undefined && !this.#shared.message(byteLength)) return this.#onShort()
    return isWithin || this.#onShort()
  }

  /** What it turned out to hold. */
  contents(frames: number, inflatedBytes: number): void {
    this.#own.contents(frames, inflatedBytes)
    this.#shared?.contents(frames, inflatedBytes)
  }

  /** The session leaves the socket, which is closed in good order: what its client answers must be read. */
  release(): void {
    const before = this.#state
    if (before.type !== 'paused' && before.type !== 'reading') return
    // First: where there are messages already, they come while reading is begun again.
    this.#state = { type: 'released', left: this.#setup.credit.messagesPerSecond }
    if (before.type !== 'paused') return
    before.cancelTimer()
    this.#socket.pauseReading?.(false)
  }

  /** The socket is gone. */
  end(): void {
    if (this.#state.type === 'paused') this.#state.cancelTimer()
    this.#state = { type: 'ended' }
  }

  #onShort(): boolean {
    if (this.#state.type === 'released') this.#drop(this.#state)
    if (this.#state.type !== 'reading' && this.#state.type !== 'paused') return false
    const now = this.#setup.clock.now()
    const own = this.#own.lacking(now)
    const limit = own ?? this.#shared?.lacking(now)
    if (limit === undefined) return true
    const overdrawn = this.#overdrawn()
    if (overdrawn !== undefined) {
      this.#overrun(overdrawn)
      return false
    }
    if (this.#state.type === 'reading') {
      this.#socket.pauseReading?.(true)
      this.#wait(now)
      this.owner.onSlowed(limit, own === undefined ? 'principal' : 'connection')
    }
    return true
  }

  /** Whoever goes on like that hears no close: the socket is cut when that has taken its time. */
  #drop(released: Extract<State, { readonly type: 'released' }>): void {
    released.left -= 1
    if (released.left === 0) this.#socket.pauseReading?.(true)
  }

  /** Others of its principal may have used up what they share: nobody is cut for that who can be stopped. */
  #overdrawn(): MeteredLimit | undefined {
    const { credit } = this.#setup
    const canStop = this.#socket.pauseReading !== undefined
    return this.#own.overdrawn(credit) ?? (canStop ? undefined : this.#shared?.overdrawn(credit))
  }

  /** Not read any more: what still comes would be work for nothing. */
  #overrun(limit: MeteredLimit): void {
    if (this.#state.type === 'paused') this.#state.cancelTimer()
    else this.#socket.pauseReading?.(true)
    this.#state = { type: 'overrun' }
    this.owner.onOverrun(limit)
  }

  #wait(now: number): void {
    const { clock, unheardMs } = this.#setup
    const restMs = Math.min(this.#msUntilRoom(now), unheardMs)
    this.#state = { type: 'paused', cancelTimer: clock.schedule(now + Math.max(1, restMs), () => this.#onTime()) }
  }

  #onTime(): void {
    const now = this.#setup.clock.now()
    this.owner.onUnheard()
    // Whatever the owner has made of that.
    if (this.#state.type !== 'paused') return
    if (this.#msUntilRoom(now) > 0) this.#wait(now)
    else {
      this.#state = READING
      this.#socket.pauseReading?.(false)
    }
  }

  #msUntilRoom(now: number): number {
    return Math.max(this.#own.msUntilRoom(now), this.#shared?.msUntilRoom(now) ?? 0)
  }
}
