/*
 * Follows every session by what servers tell of it and clients show: whether each change may follow the one before, and whether
 * a session was lost for a reason. Owns: I6, and the reasons. Must not know: connections, networks.
 */
import type { SessionEvent } from '@tautline/server'
import type { Referee } from './referee.ts'

interface Entry {
  readonly client: number
  readonly server: number
  readonly openedAt: number
  readonly why: string
  state: 'attached' | 'detached' | 'ended'
  gen: number
  detachedAt: number
  endedAt: number
}

/** What is known of a client. */
interface Presence {
  /** Times at which it became connected, and at which it lost a session. */
  readonly connections: number[]
  readonly losses: number[]
  leftAt: number
  closed: 'no' | 'yes'
  bans: number
  /** Until then no server lets it in: a connection that it makes is refused, and its session with that. */
  bannedUntil: number
}

export interface SessionBookOptions {
  readonly referee: Referee
  readonly now: () => number
  readonly clients: number
  readonly windowMs: number
  /** Whether buffers are so small that a session may end for it. */
  readonly mayOverflow: boolean
}

/** What a client says to a session of an attempt that lost to another one. */
const LOST_RACE = 'Another one was faster'

/** Codes that stand for a broken peer, here always one of ours. */
const NEVER: ReadonlySet<number> = new Set([4400, 4410, 4413, 4422, 4429, 4500])

export class SessionBook {
  readonly #options: SessionBookOptions
  readonly #entries = new Map<string, Entry>()
  readonly #presences: readonly Presence[]
  readonly #closing = new Set<number>()
  /** By so much together may clocks be ahead of the world's. */
  #jumpedMs = 0

  constructor(options: SessionBookOptions) {
    this.#options = options
    this.#presences = Array.from({ length: options.clients }, () => ({
      connections: [],
      losses: [],
      leftAt: Number.NEGATIVE_INFINITY,
      closed: 'no',
      bans: 0,
      bannedUntil: Number.NEGATIVE_INFINITY,
    }))
  }

  /** Whether something that this client has begun at `since` may have met a lost session. */
  hasLost(client: number, since: number): boolean {
    const presence = this.#presences[client]
    if (presence === undefined) return false
    const { connections, losses, bannedUntil } = presence
    // Also of a ban that began while the connection was being made over which this has begun.
    if (bannedUntil >= since) return true
    if (this.#hasGivenUp(presence) || this.#wasAtClosingServer(client, since)) return true
    const connectedAt = connections.findLast((at) => at <= since) ?? Number.NEGATIVE_INFINITY
    return losses.some((at) => at >= connectedAt)
  }

  isClosed(client: number): boolean {
    return this.#presences[client]?.closed === 'yes'
  }

  wasBanned(client: number): boolean {
    return (this.#presences[client]?.bans ?? 0) > 0
  }

  jumped(ms: number): void {
    this.#jumpedMs += ms
  }

  connected(client: number): void {
    const presence = this.#presences[client]
    if (presence === undefined) return
    if (this.#hasGivenUp(presence)) this.#lose(client)
    presence.connections.push(this.#options.now())
  }

  left(client: number): void {
    const presence = this.#presences[client]
    if (presence === undefined) return
    if (presence.leftAt < (presence.connections.at(-1) ?? 0)) presence.leftAt = this.#options.now()
    // Where WELCOME has never come there may be a session, and nobody who knows of it.
    if (presence.connections.length === 0 || !this.#hasSession(client)) this.#lose(client)
  }

  closed(client: number): void {
    const presence = this.#presences[client]
    if (presence !== undefined) presence.closed = 'yes'
  }

  banned(client: number, forMs: number): void {
    const presence = this.#presences[client]
    if (presence !== undefined) {
      presence.bans++
      presence.bannedUntil = Math.max(presence.bannedUntil, this.#options.now() + forMs)
    }
    this.#lose(client)
  }

  /** It goes away, in good order or not: its sessions are lost. */
  serverGoes(server: number): void {
    this.#closing.add(server)
    for (const entry of this.#entries.values()) {
      if (entry.server === server && entry.state !== 'ended') this.#lose(entry.client)
    }
  }

  serverDied(server: number): void {
    this.serverGoes(server)
    for (const entry of this.#entries.values()) if (entry.server === server) entry.state = 'ended'
  }

  onSession(server: number, client: number, event: SessionEvent): void {
    const key = `${server}/${event.connection.id}`
    if (event.type === 'opened') {
      this.#opened(key, server, client, event)
      return
    }
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.state === 'ended') {
      this.#accuse(client, `${event.type} of a session that is not open`)
      return
    }
    if (event.type !== 'resumed' && NEVER.has(event.code)) {
      this.#options.referee.accuse(
        'fault',
        `a session of client ${client} ${event.type} with ${event.code} ${event.reason}`,
      )
    }
    if (event.type === 'resumed') this.#resumed(entry, event.gen)
    else if (event.type === 'detached') this.#detached(entry)
    else this.#ended(entry, event)
  }

  #opened(
    key: string,
    server: number,
    client: number,
    { why, notResumed }: SessionEvent & { readonly type: 'opened' },
  ): void {
    const { referee, now } = this.#options
    if (notResumed === 'superseded' || notResumed === 'auth') {
      referee.accuse('session lost', `client ${client} was not let into its session: ${notResumed}`)
    }
    const before = Array.from(this.#entries.values()).filter(
      (entry) => entry.client === client && entry.server === server && entry.state !== 'ended',
    )
    // Where both transports are tried at the same time, both may come through: the client ends the slower one.
    const isBeside = before.some((entry) => entry.why === 'fallback')
    const isRace = notResumed === undefined && (why === 'fallback' || isBeside)
    // It said HELLO when it was to leave the server before this one, and has come here by the other transport meanwhile: it asks for
    // the session that it had there, and a server that takes long to decide lets it in late.
    const isLate = why === 'goaway' && isBeside && !this.#closing.has(server)
    if (!isRace && !isLate) for (const entry of before) this.#judgeSecond(entry, notResumed)
    this.#entries.set(key, {
      client,
      server,
      openedAt: now(),
      why,
      state: 'attached',
      gen: 1,
      detachedAt: 0,
      endedAt: Number.POSITIVE_INFINITY,
    })
  }

  /** A client that has a session at this server begins another one: it must not know of the first any more, or never have. */
  #judgeSecond(before: Entry, notResumed: string | undefined): void {
    const { client } = before
    const presence = this.#presences[client]
    if (presence === undefined) return
    const hadLost = this.hasLost(client, this.#options.now())
    this.#lose(client)
    if (presence.bans > 0 || hadLost) return
    if (this.#knows(before)) {
      this.#accuse(client, `it had one and began another (${notResumed ?? 'without asking for it'})`)
    }
  }

  /** Whether there is one that may go on. */
  #hasSession(client: number): boolean {
    return Array.from(this.#entries.values()).some(
      (entry) => entry.client === client && entry.state !== 'ended' && !this.#closing.has(entry.server),
    )
  }

  #wasAtClosingServer(client: number, since: number): boolean {
    return Array.from(this.#entries.values()).some(
      (entry) => entry.client === client && this.#closing.has(entry.server) && entry.endedAt >= since,
    )
  }

  /** Whether the client itself has waited for so long that it believes in its session no more. */
  #hasGivenUp({ connections, leftAt }: Presence): boolean {
    return leftAt >= (connections.at(-1) ?? Number.NEGATIVE_INFINITY) && this.#hasPassed(leftAt)
  }

  /** Whether its client may have had WELCOME. */
  #knows({ client, openedAt }: Entry): boolean {
    return (this.#presences[client]?.connections.at(-1) ?? Number.NEGATIVE_INFINITY) >= openedAt
  }

  #resumed(entry: Entry, gen: number): void {
    const { referee } = this.#options
    if (gen <= entry.gen) {
      referee.accuse('I6', `a session of client ${entry.client} resumed as generation ${gen} after ${entry.gen}`)
    }
    entry.gen = gen
    entry.state = 'attached'
  }

  #detached(entry: Entry): void {
    if (entry.state !== 'attached')
      this.#options.referee.accuse('I6', `a session of client ${entry.client} detached twice`)
    entry.state = 'detached'
    entry.detachedAt = this.#options.now()
  }

  #ended(entry: Entry, { code, reason }: { readonly code: number; readonly reason: string }): void {
    const before = entry.state
    entry.state = 'ended'
    entry.endedAt = this.#options.now()
    if (this.isClosed(entry.client)) return
    const isClients = code === 1000
    if (!isClients || reason === LOST_RACE) this.#lose(entry.client)
    if (!isClients && !this.#mayEnd(entry, before, { code, reason })) {
      this.#accuse(entry.client, `it ended with ${code} ${reason}`)
    }
    if (isClients && reason === 'The client is closed')
      this.#accuse(entry.client, 'it was closed, and the application did not')
  }

  #mayEnd(
    entry: Entry,
    before: Entry['state'],
    { code, reason }: { readonly code: number; readonly reason: string },
  ): boolean {
    const { mayOverflow } = this.#options
    if (this.#closing.has(entry.server)) return true
    if (code === 1006) return before === 'detached' && this.#hasPassed(entry.detachedAt)
    // Told by a client that has given up this attempt, and does not know of the session.
    if (code === 4408) return !this.#knows(entry)
    if (code === 4401) return this.wasBanned(entry.client)
    if (code === 4508) return mayOverflow
    return code === 4503 && mayOverflow && reason.includes('sessions to wait')
  }

  /** Whether a session that has no connection since then may be given up. */
  #hasPassed(since: number): boolean {
    const { now, windowMs } = this.#options
    // One ms, as sums of fractions are not exact.
    return now() - since + this.#jumpedMs >= windowMs - 1
  }

  #lose(client: number): void {
    const presence = this.#presences[client]
    presence?.losses.push(this.#options.now())
  }

  #accuse(client: number, text: string): void {
    this.#options.referee.accuse('session lost', `of client ${client}: ${text}`)
  }
}
