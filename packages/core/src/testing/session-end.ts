import type { Clock, Transport, TransportListener } from '../io/ports.ts'
import { CloseCode } from '../protocol/close-codes.ts'
import { decodeBody, decodeEnvelope } from '../protocol/decode-message.ts'
import { type Frame, FrameType } from '../protocol/frame.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts'
import { MessageBuilder } from '../protocol/message-builder.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import type { Effect } from '../session/effect.ts'
import type { Session } from '../session/session.ts'

export interface SessionEndOptions<S extends Session> {
  readonly session: S
  readonly clock: Clock
  /** @default DEFAULT_LIMITS */
  readonly limits?: Limits
  /** Gets each effect that is not for the wire, when it comes. */
  readonly onEffect?: (effect: Effect, end: SessionEnd<S>) => void
  /** The transport is gone. */
  readonly onLost?: () => void
}

/**
 * The smallest driver there can be: a session on a transport, without compression and without patience. For tests of
 * sessions; products use `Connection`.
 */
export class SessionEnd<S extends Session> {
  readonly session: S
  readonly #options: SessionEndOptions<S>
  readonly #limits: Limits
  readonly #builder = new MessageBuilder()
  readonly #effects: Effect[] = []
  /** What a move causes while effects are applied comes behind them. */
  readonly #queue: Effect[] = []
  #applying: 'yes' | 'no' = 'no'
  #transport: Transport | undefined
  #flush: 'none' | 'due' = 'none'
  #timer: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(options: SessionEndOptions<S>) {
    this.#options = options
    this.session = options.session
    this.#limits = options.limits ?? DEFAULT_LIMITS
  }

  /** What came and was not for the wire, since the last `takeEffects`. */
  get effects(): readonly Effect[] {
    return this.#effects
  }

  takeEffects(): readonly Effect[] {
    return this.#effects.splice(0)
  }

  attach(transport: Transport): void {
    this.#transport = transport
    this.#arm()
  }

  listener(onOpen: () => void = () => {}): TransportListener {
    return {
      onOpen,
      onMessage: (message) => this.#onMessage(message),
      onClose: (code) => {
        this.session.transportClosed(code, this.#options.clock.now())
        this.#arm()
        this.#options.onLost?.()
      },
      onDrain: () => {},
    }
  }

  /** Makes a move and applies what follows. */
  move(input: (session: S, now: number) => readonly Effect[]): void {
    this.#queue.push(...input(this.session, this.#options.clock.now()))
    if (this.#applying === 'yes') return
    this.#applying = 'yes'
    for (let effect = this.#queue.shift(); effect !== undefined; effect = this.#queue.shift()) this.#apply(effect)
    this.#applying = 'no'
    this.#arm()
  }

  /** Puts a frame on the wire that the session knows nothing of. */
  send(frame: Frame): void {
    if (this.#builder.frameCount === this.#limits.framesPerMessage) this.#sendMessage()
    this.#builder.append(frame)
    this.#flushLater()
  }

  #apply(effect: Effect): void {
    if (effect.type === 'send') this.send(effect.frame)
    else if (effect.type === 'ack') this.#flushLater()
    else {
      this.#effects.push(effect)
      if (effect.type === 'close') this.#close(effect.code, effect.reason, effect.retry)
      if (effect.type === 'detach') this.#close(effect.code, effect.reason, true)
      if (effect.type === 'closed' || effect.type === 'detached') this.#transport?.close(CloseCode.Normal, '')
      this.#options.onEffect?.(effect, this)
    }
  }

  #close(code: number, reason: string, retry: boolean): void {
    this.#builder.append({ type: FrameType.Close, code, reason, retry })
    this.#sendMessage()
    this.#transport?.close(code, '')
  }

  #flushLater(): void {
    if (this.#flush === 'due') return
    this.#flush = 'due'
    this.#options.clock.defer(() => {
      if (this.#flush === 'due') this.#sendMessage()
    })
  }

  #sendMessage(): void {
    this.#flush = 'none'
    const now = this.#options.clock.now()
    const { countedCount, byteLength } = this.#builder
    this.#transport?.send(this.#builder.takeMessage(this.session.stamp(countedCount, byteLength, now)))
    this.#arm()
  }

  #onMessage(message: Uint8Array): void {
    try {
      const { header, body } = decodeEnvelope(message, this.#limits)
      this.move((session, now) => {
        const admission = session.admit(header, message.byteLength, now)
        if (admission.type === 'reject') return admission.effects
        if (admission.type === 'drop') return []
        return session.receive(header, decodeBody(body, this.#limits), now)
      })
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      this.move((session, now) => session.violated(error.closeCode, error.message, now))
    }
  }

  #arm(): void {
    const at = this.session.nextDeadline()
    if (at === this.#timer?.at) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (at === undefined) return
    const cancel = this.#options.clock.schedule(at, () => {
      this.#timer = undefined
      this.move((session, now) => session.handleTimeout(now))
    })
    this.#timer = { at, cancel }
  }
}
