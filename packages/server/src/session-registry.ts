/**
 * The sessions of a server, and which of them wait for their client.
 *
 * Owns: which session a HELLO means, and how much those without a connection may hold in all. Must not know: how a
 * session moves, what is in it. Normative text: PROTOCOL.md, "Resuming".
 */
import type { Hello } from '@tautline/core/protocol'
import type { SessionTicket } from './session-ticket.ts'

/** A session, as the registry sees it. */
export interface ResumableSession {
  readonly ticket: SessionTicket
  /** Bytes that it keeps to be sent again. */
  readonly keptBytes: number
  /** Nobody will come back: ends it. */
  expire(reason: string): void
}

export interface DetachedLimits {
  readonly maxDetached: number
  readonly maxDetachedBytes: number
}

export type Found<S> =
  | { readonly type: 'session'; readonly session: S }
  /** A new one must do, for this reason of WELCOME. */
  | { readonly type: 'none'; readonly reason: 'unknown' | 'superseded' }
  /** The client itself has said HELLO again since: this one is of no interest any more. */
  | { readonly type: 'late' }

export class SessionRegistry<S extends ResumableSession> {
  readonly #limits: DetachedLimits
  readonly #sessions = new Map<string, S>()
  /** With the bytes that each is known to keep, oldest first. */
  readonly #detached = new Map<S, number>()
  #detachedBytes = 0

  constructor(limits: DetachedLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#sessions.size
  }

  get detached(): number {
    return this.#detached.size
  }

  /** Bytes that sessions without a connection keep. */
  get detachedBytes(): number {
    return this.#detachedBytes
  }

  add(session: S): void {
    this.#sessions.set(session.ticket.sid, session)
  }

  find(hello: Hello): Found<S> {
    const session = hello.sid === undefined ? undefined : this.#sessions.get(hello.sid)
    if (session === undefined) return { type: 'none', reason: 'unknown' }
    const verdict = session.ticket.judge(hello)
    if (verdict === 'foreign') return { type: 'none', reason: 'superseded' }
    return verdict === 'valid' ? { type: 'session', session } : { type: 'late' }
  }

  /** It has lost its connection. Where there are too many such, the oldest of them end. */
  detach(session: S): void {
    if (this.#sessions.get(session.ticket.sid) !== session) return
    this.#detached.set(session, 0)
    this.note(session)
  }

  attach(session: S): void {
    const bytes = this.#detached.get(session)
    if (bytes === undefined) return
    this.#detachedBytes -= bytes
    this.#detached.delete(session)
  }

  remove(session: S): void {
    this.attach(session)
    if (this.#sessions.get(session.ticket.sid) === session) this.#sessions.delete(session.ticket.sid)
  }

  /** Also one without a connection may have been given more to keep. */
  note(session: S): void {
    const before = this.#detached.get(session)
    if (before === undefined) return
    const { keptBytes } = session
    this.#detached.set(session, keptBytes)
    this.#detachedBytes += keptBytes - before
    this.#enforce()
  }

  expireDetached(reason: string): void {
    for (const session of Array.from(this.#detached.keys())) session.expire(reason)
  }

  #enforce(): void {
    const { maxDetached, maxDetachedBytes } = this.#limits
    while (this.#detached.size > maxDetached || this.#detachedBytes > maxDetachedBytes) {
      const [session] = this.#detached.keys()
      if (session === undefined) return
      this.attach(session)
      session.expire(`Expected at most ${maxDetached} sessions to wait, with at most ${maxDetachedBytes} bytes in all`)
    }
  }
}
