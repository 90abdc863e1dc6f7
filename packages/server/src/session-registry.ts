/**
 * The sessions of a server, and which of them wait for their client.
 *
 * Owns: which session a HELLO means, and how much those without a connection may hold, in all and for one owner. Must not know:
 * how a session moves, what is in it. Normative text: PROTOCOL.md, "Resuming".
 */
import type { Hello } from '@tautline/core/protocol'
import type { SessionTicket } from './session-ticket.ts'

/** A session, as the registry sees it. */
export interface ResumableSession {
  readonly ticket: SessionTicket
  /** Who is held to account for it, if anybody is. */
  readonly owner: string | undefined
  /** Bytes that it keeps to be sent again. */
  readonly keptBytes: number
  /** Nobody will come back: ends it. */
  expire(reason: string): void
}

export interface DetachedLimits {
  readonly maxDetached: number
  readonly maxDetachedBytes: number
  readonly maxDetachedPerOwner: number
  readonly maxDetachedBytesPerOwner: number
}

export type DetachedLimit = 'detached' | 'detachedBytes' | 'detachedPerOwner' | 'detachedBytesPerOwner'

export type Found<S> =
  | { readonly type: 'session'; readonly session: S }
  /** A new one must do, for this reason of WELCOME. */
  | { readonly type: 'none'; readonly reason: 'unknown' | 'superseded' }
  /** The client itself has said HELLO again since: this one is of no interest any more. */
  | { readonly type: 'late' }

/** What is known of a session that waits. */
interface Kept {
  readonly owner: string | undefined
  bytes: number
}

/** Oldest first. */
interface Owned<S> {
  readonly sessions: Set<S>
  bytes: number
}

export class SessionRegistry<S extends ResumableSession> {
  readonly #limits: DetachedLimits
  readonly #sessions = new Map<string, S>()
  /** With the bytes that each is known to keep, oldest first. */
  readonly #detached = new Map<S, Kept>()
  /** The same by their owners. */
  readonly #byOwner = new Map<string, Owned<S>>()
  readonly #onLimited: (limit: DetachedLimit) => void
  #detachedBytes = 0

  constructor(limits: DetachedLimits, onLimited: (limit: DetachedLimit) => void = () => {}) {
    this.#limits = limits
    this.#onLimited = onLimited
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
    const { owner } = session
    // Kept, since the principal of a session that goes on without a connection is asked only when it has one.
    this.#detached.set(session, { owner, bytes: 0 })
    this.#ownedBy(owner)?.sessions.add(session)
    this.note(session)
  }

  attach(session: S): void {
    const kept = this.#detached.get(session)
    if (kept === undefined) return
    this.#detachedBytes -= kept.bytes
    this.#detached.delete(session)
    const owned = this.#ownedBy(kept.owner)
    if (owned === undefined || kept.owner === undefined) return
    owned.bytes -= kept.bytes
    owned.sessions.delete(session)
    if (owned.sessions.size === 0) this.#byOwner.delete(kept.owner)
  }

  #ownedBy(owner: string | undefined): Owned<S> | undefined {
    if (owner === undefined) return undefined
    let owned = this.#byOwner.get(owner)
    if (owned === undefined) {
      owned = { sessions: new Set(), bytes: 0 }
      this.#byOwner.set(owner, owned)
    }
    return owned
  }

  remove(session: S): void {
    this.attach(session)
    if (this.#sessions.get(session.ticket.sid) === session) this.#sessions.delete(session.ticket.sid)
  }

  /** Also one without a connection may have been given more to keep. */
  note(session: S): void {
    const kept = this.#detached.get(session)
    if (kept === undefined) return
    const { keptBytes } = session
    const more = keptBytes - kept.bytes
    kept.bytes = keptBytes
    this.#detachedBytes += more
    const owned = this.#ownedBy(kept.owner)
    if (owned !== undefined) owned.bytes += more
    this.#enforce(owned)
  }

  expireDetached(reason: string): void {
    for (const session of Array.from(this.#detached.keys())) session.expire(reason)
  }

  /** First among those of the owner, so that nobody pushes out the sessions of others before their own. */
  #enforce(owned: Owned<S> | undefined): void {
    const { maxDetached, maxDetachedBytes, maxDetachedPerOwner, maxDetachedBytesPerOwner } = this.#limits
    if (owned !== undefined) {
      for (const session of owned.sessions) {
        const isCrowded = owned.sessions.size > maxDetachedPerOwner
        if (!isCrowded && owned.bytes <= maxDetachedBytesPerOwner) break
        this.#expire(session, isCrowded ? 'detachedPerOwner' : 'detachedBytesPerOwner')
      }
    }
    for (const session of this.#detached.keys()) {
      const isCrowded = this.#detached.size > maxDetached
      if (!isCrowded && this.#detachedBytes <= maxDetachedBytes) break
      this.#expire(session, isCrowded ? 'detached' : 'detachedBytes')
    }
  }

  #expire(session: S, limit: DetachedLimit): void {
    this.attach(session)
    this.#onLimited(limit)
    session.expire(`Expected fewer sessions to wait, or with fewer bytes: see \`resume\` (${limit})`)
  }
}
