import type { Clock } from '../io/ports.ts'
import type { ItemBatch, Payload } from '../protocol/frame.ts'
import type { CreditWindow } from '../session/credit.ts'
import type { Effect } from '../session/effect.ts'
import type { OutgoingCall, OutgoingError, OutgoingListen, OutgoingOpen, Session } from '../session/session.ts'
import type { ItemRoom, SessionLink } from './link.ts'

/**
 * A session with its clock, whose effects are applied: strictly in order, and those that others cause only when the list at
 * hand is through. So frames reach the outbox in the order in which the session made them.
 *
 * Owns: that order. Must not know: transports, messages, timers.
 */
export abstract class SessionDriver<S extends Session> implements SessionLink {
  readonly session: S
  protected readonly clock: Clock
  readonly #queue: (readonly Effect[] | (() => void))[] = []
  #applying = false

  constructor(session: S, clock: Clock) {
    this.session = session
    this.clock = clock
  }

  /** Whether the session lives: after that, every move is without effect. */
  abstract get isLive(): boolean
  protected abstract applyEffect(effect: Effect): void
  /** The session has made a move: whatever it wants may have changed, deadlines too. */
  protected abstract onMove(): void
  /** Applying an effect failed: that is nobody's doing outside. */
  protected abstract onFault(error: unknown): void

  abstract sendPlain(id: number): void
  abstract hasRoom(): boolean
  abstract itemRoom(id: number): ItemRoom | undefined
  abstract itemsCollected(items: number, byteLength: number): boolean
  abstract collect(flush: () => void): void

  now(): number {
    return this.clock.now()
  }

  /** Makes a move of one role's own, such as `accept` or `refreshAuth`, and applies what follows. */
  move(input: (session: S, now: number) => readonly Effect[]): void {
    if (this.isLive) this.apply(input(this.session, this.now()))
  }

  /** Ends the session in good order: what was sent before arrives first. */
  close(code: number, reason: string, retry: boolean): void {
    if (this.isLive) this.apply(this.session.close(code, reason, retry))
  }

  nextId(): number {
    return this.session.nextId()
  }

  call(request: OutgoingCall): void {
    if (this.isLive) this.apply(this.session.call(request, this.now()))
  }

  open(request: OutgoingOpen): void {
    if (this.isLive) this.apply(this.session.open(request, this.now()))
  }

  listen(request: OutgoingListen): void {
    if (this.isLive) this.apply(this.session.listen(request, this.now()))
  }

  cancel(id: number): void {
    if (this.isLive) this.apply(this.session.cancel(id, this.now()))
  }

  isUnsent(id: number): boolean {
    return this.session.isUnsent(id)
  }

  succeed(id: number, output: Payload | undefined): void {
    if (this.isLive) this.apply(this.session.succeed(id, output))
  }

  fail(id: number, error: OutgoingError): void {
    if (this.isLive) this.apply(this.session.fail(id, error))
  }

  sendItems(id: number, batch: ItemBatch): void {
    if (this.isLive) this.apply(this.session.sendItems(id, batch))
  }

  sendEnd(id: number): void {
    if (this.isLive) this.apply(this.session.sendEnd(id))
  }

  itemsConsumed(id: number, taken: CreditWindow): void {
    if (this.isLive) this.apply(this.session.itemsConsumed(id, taken))
  }

  protected apply(effects: readonly Effect[]): void {
    this.onMove()
    if (effects.length > 0) this.#enqueue(effects)
  }

  /** Runs `task` behind the effects that are being applied, so that what it sends comes behind what they send. */
  protected inTurn(task: () => void): void {
    this.onMove()
    if (this.#applying) {
      this.#queue.push(task)
      return
    }
    try {
      task()
    } catch (error) {
      this.onFault(error)
    }
  }

  #enqueue(entry: readonly Effect[] | (() => void)): void {
    this.#queue.push(entry)
    if (this.#applying) return
    this.#applying = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (typeof next === 'function') next()
        else for (const effect of next) this.applyEffect(effect)
      }
    } catch (error) {
      this.#queue.length = 0
      this.onFault(error)
    } finally {
      this.#applying = false
    }
  }
}
