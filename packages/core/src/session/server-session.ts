import { CloseCode } from '../protocol/close-codes.ts'
import type { Frame, GoAway, Hello, Welcome } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import type { Limits } from '../protocol/limits.ts'
import { ProtocolViolation, protocolError } from '../protocol/violation.ts'
import { BaseSession } from './base-session.ts'
import { type Effect, NO_EFFECTS } from './effect.ts'
import type { RoleFrame } from './frame-kinds.ts'
import { checkHello, EARLY_REQUESTS } from './handshake.ts'
import { createIncomingRequests } from './incoming-requests.ts'
import type { ServerDecisions, Session } from './session.ts'

export interface ServerSessionOptions {
  readonly limits: Limits
  /** When the transport opened: HELLO must follow within `limits.handshakeMs`. */
  readonly now: number
}

/** The server's end of a session: waits for HELLO, holds back what follows it until the server has decided. */
export function createServerSession(options: ServerSessionOptions): Session & ServerDecisions {
  return new ServerSession(options)
}

class ServerSession extends BaseSession implements ServerDecisions {
  #peerContractHash: string | undefined
  #earlyBytes = 0
  /** What came behind HELLO. Bounded by `limits.helloBytes`. */
  #held: Frame[] | undefined
  #auth: 'settled' | 'asked' = 'settled'
  /** What HELLO asks for. */
  #asked: 'nothing' | 'session' | 'resumption' | 'standby' = 'nothing'

  constructor({ limits, now }: ServerSessionOptions) {
    super({
      role: 'server',
      limits,
      openingDeadline: now + limits.handshakeMs,
      createIncoming: createIncomingRequests,
    })
  }

  override get peerContractHash(): string | undefined {
    return this.#peerContractHash
  }

  accept(welcome: Welcome, now: number): readonly Effect[] {
    if (this.state !== 'handshaking') return NO_EFFECTS
    const effects: Effect[] = [
      { type: 'send', frame: { type: FrameType.Welcome, welcome: { ...welcome, rx: this.sequence.accepted } } },
    ]
    const held = this.#held ?? []
    this.#held = undefined
    this.establish('follow', welcome, now)
    // A connection on standby carries no requests: it keeps the places of none.
    if (this.#asked === 'standby') return effects
    this.exchange.openOutgoing(welcome.limits, now, effects)
    // The client could not know of lower limits than these when it said HELLO.
    this.exchange.openIncoming(welcome.limits, EARLY_REQUESTS)
    this.deliverAll(held, now, effects)
    this.exchange.openIncoming(welcome.limits, 0)
    return effects
  }

  refuse(code: number, reason: string, retry: boolean): readonly Effect[] {
    return this.state === 'handshaking' ? this.end(code, reason, retry, []) : NO_EFFECTS
  }

  resume(welcome: Welcome, rx: number, now: number): Welcome {
    this.sequence.continueFrom(rx, now)
    this.#auth = 'settled'
    this.establish('follow', welcome, now)
    return { ...welcome, rx: this.sequence.accepted }
  }

  authAccepted(expiresInMs: number | undefined): readonly Effect[] {
    if (this.state !== 'open' || this.#auth === 'settled') return NO_EFFECTS
    this.#auth = 'settled'
    return [{ type: 'send', frame: { type: FrameType.AuthOk, expiresInMs } }]
  }

  goAway(goAway: GoAway): readonly Effect[] {
    return this.state === 'open' ? [{ type: 'send', frame: { type: FrameType.GoAway, goAway } }] : NO_EFFECTS
  }

  protected override onEarlyMessage(byteLength: number): void {
    this.#earlyBytes += byteLength
    if (this.#earlyBytes > this.limits.helloBytes) {
      throw new ProtocolViolation(
        CloseCode.TooLarge,
        `Expected at most ${this.limits.helloBytes} bytes before WELCOME, got ${this.#earlyBytes}`,
        'helloBytes',
      )
    }
  }

  protected override onEarlyFrame(frame: Frame, now: number, effects: Effect[]): void {
    if (this.state === 'opening') {
      if (frame.type !== FrameType.Hello) {
        throw protocolError(`Expected HELLO first, got a frame of type ${frame.type}`)
      }
      this.#onHello(frame.hello, now, effects)
      return
    }
    expectNoHello(frame)
    if (this.#asked !== 'session') {
      throw protocolError(`Expected nothing behind a HELLO that opens no session, got a frame of type ${frame.type}`)
    }
    this.#held ??= []
    this.#held.push(frame)
  }

  protected override onRoleFrame(frame: RoleFrame, _now: number, effects: Effect[]): void {
    expectNoHello(frame)
    if (frame.type !== FrameType.Auth || this.#auth === 'asked') {
      throw protocolError(`Expected no frame of type ${frame.type} from a client now`)
    }
    this.#auth = 'asked'
    effects.push({ type: 'auth', auth: frame.auth })
  }

  #onHello(hello: Hello, now: number, effects: Effect[]): void {
    checkHello(hello)
    this.#asked = askedBy(hello)
    this.#peerContractHash = hello.contractHash
    this.startHandshake(now + this.limits.handshakeMs)
    effects.push({ type: 'hello', hello })
  }
}

function askedBy({ standby, sid }: Hello): 'session' | 'resumption' | 'standby' {
  if (standby) return 'standby'
  return sid === undefined ? 'session' : 'resumption'
}

function expectNoHello(frame: Frame): void {
  if (frame.type !== FrameType.Hello) return
  throw new ProtocolViolation(CloseCode.RepeatedHello, 'Expected one HELLO, got another')
}
