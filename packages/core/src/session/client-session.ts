import { CloseCode } from '../protocol/close-codes.ts'
import type { Frame, Hello, Payload, SupersededFrame, Welcome } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import type { Limits } from '../protocol/limits.ts'
import { protocolError } from '../protocol/violation.ts'
import { BaseSession } from './base-session.ts'
import { type Effect, NO_EFFECTS } from './effect.ts'
import type { RoleFrame } from './frame-kinds.ts'
import { checkResumption, checkWelcome, EARLY_REQUESTS, helloBytesAtMost } from './handshake.ts'
import type { CreateIncomingTable } from './incoming-requests.ts'
import { RefusedRequests } from './refused-requests.ts'
import type { ClientMoves, Resumption, Session } from './session.ts'

export interface ClientSessionOptions {
  /** What to say first; `auth` is resolved by then. */
  readonly hello: Hello
  readonly limits: Limits
  /** `createIncomingRequests` where this client serves something; comes with what it serves. @default refuses all requests */
  readonly createIncoming?: CreateIncomingTable | undefined
}

/** The client's end of a session: says HELLO, keeps what the server's WELCOME says. */
export function createClientSession(options: ClientSessionOptions): Session & ClientMoves {
  return new ClientSession(options)
}

/** Fresh credentials: one question at a time, and of what waits only the latest. */
type AuthRefresh =
  | { readonly type: 'none' }
  /** Until WELCOME. */
  | { readonly type: 'queued'; readonly auth: Payload }
  | { readonly type: 'asked'; readonly next: Payload | undefined }

class ClientSession extends BaseSession implements ClientMoves {
  readonly #hello: Hello
  #peerContractHash: string | undefined
  #authRefresh: AuthRefresh = { type: 'none' }
  /** From WELCOME on. */
  #ticket: { readonly sid: string; readonly token: Uint8Array; readonly gen: number } | undefined
  /** Of the latest HELLO of this session. */
  #attempt: number

  constructor({ hello, limits, createIncoming = refuseRequests }: ClientSessionOptions) {
    super({ role: 'client', limits, openingDeadline: undefined, createIncoming })
    this.#hello = hello
    this.#attempt = hello.attempt
  }

  override get peerContractHash(): string | undefined {
    return this.#peerContractHash
  }

  opened(now: number): readonly Effect[] {
    if (this.state !== 'opening') return NO_EFFECTS
    this.startHandshake(now + this.limits.handshakeMs)
    const effects: Effect[] = [{ type: 'send', frame: { type: FrameType.Hello, hello: this.#hello } }]
    const bytes = this.limits.helloBytes - helloBytesAtMost(this.#hello)
    this.exchange.greet(this.limits, EARLY_REQUESTS, bytes, now, effects)
    return effects
  }

  nextResumption(): Resumption {
    const ticket = this.#ticket
    if (ticket === undefined) throw new Error('Expected a session that the server has accepted')
    this.#attempt += 1
    const { sid, token } = ticket
    return { sid, token, rx: this.sequence.accepted, attempt: this.#attempt }
  }

  resume(welcome: Welcome, now: number): readonly Effect[] {
    const { sid = '', gen = 0 } = this.#ticket ?? {}
    checkResumption(welcome, { sid, gen })
    this.sequence.continueFrom(welcome.rx, now)
    this.#ticket = welcome
    // HELLO brought credentials: an AUTH that was lost with the old connection is not missed.
    this.#authRefresh = { type: 'none' }
    const effects: Effect[] = []
    this.#begin(welcome, now, effects)
    return effects
  }

  wake(now: number): readonly Effect[] {
    const frame = this.heartbeat?.wake(now)
    return frame === undefined ? NO_EFFECTS : [{ type: 'send', frame }]
  }

  refreshAuth(auth: Payload): readonly Effect[] {
    if (this.state === 'open' && this.#authRefresh.type === 'none') return this.#askAuth(auth, [])
    this.#authRefresh = this.#authRefresh.type === 'asked' ? { type: 'asked', next: auth } : { type: 'queued', auth }
    return NO_EFFECTS
  }

  protected override onEarlyMessage(): void {}

  protected override onEarlyFrame(frame: Frame, now: number, effects: Effect[]): void {
    if (frame.type !== FrameType.Welcome || this.state !== 'handshaking') {
      throw protocolError(`Expected WELCOME first, got a frame of type ${frame.type}`)
    }
    this.#onWelcome(frame.welcome, now, effects)
  }

  protected override onRoleFrame(frame: RoleFrame, now: number, effects: Effect[]): void {
    switch (frame.type) {
      case FrameType.Event:
      case FrameType.VolatileEvent:
        effects.push({ type: 'event', event: frame.event, params: frame.params, payload: frame.payload })
        return
      case FrameType.GoAway:
        effects.push({ type: 'go-away', goAway: frame.goAway })
        return
      case FrameType.AuthOk:
        return this.#onAuthOk(frame.expiresInMs, effects)
      case FrameType.Superseded:
        return this.#onSuperseded(frame, now, effects)
      case FrameType.Hello:
      case FrameType.Welcome:
      case FrameType.Auth:
        throw protocolError(`Expected no frame of type ${frame.type} from a server`)
    }
  }

  #onWelcome(welcome: Welcome, now: number, effects: Effect[]): void {
    checkWelcome(welcome, this.#hello, this.sequence.sent)
    this.#peerContractHash = welcome.contractHash
    this.#ticket = welcome
    if (welcome.resumed) {
      // It is another session that goes on, which takes this connection over.
      effects.push({ type: 'welcome', welcome })
      return
    }
    effects.push({ type: 'welcome', welcome })
    this.#begin(welcome, now, effects)
    if (this.#authRefresh.type === 'queued') this.#askAuth(this.#authRefresh.auth, effects)
    this.exchange.openIncoming(welcome.limits, 0)
    this.exchange.openOutgoing(welcome.limits, now, effects)
  }

  #begin(welcome: Welcome, now: number, effects: Effect[]): void {
    const heartbeat = this.establish('lead', welcome, now)
    // The first round trip is known at once.
    if (welcome.heartbeat.idleMs > 0) {
      effects.push({ type: 'send', frame: heartbeat.ping(welcome.heartbeat.timeoutMs, now) })
    }
  }

  /** Our own next connection has come through, and its WELCOME is on the way; or somebody else has the session. */
  #onSuperseded({ attempt }: SupersededFrame, now: number, effects: Effect[]): void {
    const reason = 'Another connection has taken the session over'
    if (attempt <= this.#attempt) effects.push(...this.leave(CloseCode.Superseded, reason, now))
    else this.end(CloseCode.Superseded, reason, true, effects)
  }

  #onAuthOk(expiresInMs: number | undefined, effects: Effect[]): void {
    if (this.#authRefresh.type !== 'asked') {
      throw protocolError('Expected AUTHOK only as an answer to AUTH')
    }
    effects.push({ type: 'auth-ok', expiresInMs })
    const { next } = this.#authRefresh
    if (next === undefined) this.#authRefresh = { type: 'none' }
    else this.#askAuth(next, effects)
  }

  #askAuth(auth: Payload, effects: Effect[]): readonly Effect[] {
    this.#authRefresh = { type: 'asked', next: undefined }
    effects.push({ type: 'send', frame: { type: FrameType.Auth, auth } })
    return effects
  }
}

const refuseRequests: CreateIncomingTable = (firstId) => new RefusedRequests(firstId)
