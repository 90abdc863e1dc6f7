/**
 * Where one client stands: how far it has come, and who it is.
 *
 * Owns: the phase of its connection, what hears its calls meanwhile, and the signal that its session is over. Must not know: how
 * any of it is decided. Normative text: PROTOCOL.md, "Handshake".
 */
import { TautlineError } from '@tautline/core'
import type { CalleeSide, Dispatcher, StreamEffect } from '@tautline/core/peer'
import type { CalleeEffect } from '@tautline/core/session'

/** Who the client is, as far as the application has said. */
export interface Identity {
  readonly context: object
  readonly principal: string | undefined
}

type Phase =
  /** Before HELLO, or while it is decided on. */
  | { readonly type: 'greeting'; readonly identity: Identity; readonly dispatcher?: undefined }
  | { readonly type: 'accepted'; readonly identity: Identity; readonly dispatcher: Dispatcher }
  /** Authenticated, to be there when it is needed. */
  | { readonly type: 'standby'; readonly identity: Identity; readonly dispatcher?: undefined }
  /** Hooks may still ask who it was. */
  | { readonly type: 'over'; readonly identity: Identity; readonly dispatcher?: undefined }

const NOBODY: Identity = Object.freeze({ context: Object.freeze({}), principal: undefined })

const GREETING: Phase = Object.freeze({ type: 'greeting', identity: NOBODY })

const GONE: Phase = Object.freeze({ type: 'over', identity: NOBODY })

/** The session delivers nothing before it is accepted, which is when there is a dispatcher. */
export class ClientStanding implements CalleeSide {
  #phase: Phase = GREETING
  /** Aborts what `context` still does when the session is over. */
  #ended: AbortController | undefined

  get isGreeting(): boolean {
    return this.#phase.type === 'greeting'
  }

  get identity(): Identity {
    return this.#phase.identity
  }

  /** Of a client that is accepted, and not lost yet. */
  get dispatcher(): Dispatcher | undefined {
    return this.#phase.dispatcher
  }

  accept(identity: Identity, dispatcher: Dispatcher): void {
    this.#phase = { type: 'accepted', identity, dispatcher }
  }

  /** It carries nothing, so that nothing of the application belongs to it. */
  standBy(identity: Identity): void {
    this.#phase = { type: 'standby', identity }
  }

  /** The same client, with what the application has made of it now. */
  renew(context: object, auth: unknown): void {
    const phase = this.#phase
    if (phase.type !== 'accepted') return
    this.#phase = { ...phase, identity: { ...phase.identity, context } }
    phase.dispatcher.renew(context, auth)
  }

  /** It was turned away, or goes on with the session that it had before: here is nobody any more. */
  leave(): void {
    this.#phase = GONE
  }

  /** Its session is over. What is done for it is told so by `abort`. */
  end(): void {
    this.#phase = { type: 'over', identity: this.#phase.identity }
  }

  /** Made when somebody asks for it: most do not, and it is dear. */
  get signal(): AbortSignal {
    this.#ended ??= this.#createController()
    return this.#ended.signal
  }

  #createController(): AbortController {
    const controller = new AbortController()
    if (this.#phase.type === 'over') controller.abort(new TautlineError('CONNECTION_LOST'))
    return controller
  }

  abort(): void {
    this.#ended?.abort(new TautlineError('CONNECTION_LOST'))
  }

  /** Whether this is what `signal` was aborted with. */
  hasEndedWith(error: unknown): boolean {
    return this.#ended?.signal.aborted === true && error === this.#ended.signal.reason
  }

  onCalleeEffect(effect: CalleeEffect | StreamEffect): void {
    this.#phase.dispatcher?.onCalleeEffect(effect)
  }

  onRoom(): void {
    this.#phase.dispatcher?.onRoom()
  }

  onLost(): void {
    this.#phase.dispatcher?.onLost()
  }
}
