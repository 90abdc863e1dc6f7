/**
 * While a session is carried by another transport than the preferred one, finds out whether that one would work again: by a
 * connection on standby that has to stay for a while.
 *
 * Owns: when to look, and the connection that looks. Must not know: the session, what is done about it.
 * Normative text: PROTOCOL.md, "Choosing a transport".
 */
import type { Clock } from '@tautline/core/io'
import { CloseCode } from '@tautline/core/protocol'
import { Alarm } from './alarm.ts'
import type { ClientConnection, ConnectionListener } from './connection.ts'

const FIRST_AFTER_MS = 15_000
const MAX_PAUSE_MS = 600_000
/** There are proxies that let a WebSocket live for a moment: so long it must stay to be believed. */
const PROOF_MS = 3_000

export interface TransportProbeOptions {
  readonly clock: Clock
  /** Opens a connection on standby. */
  readonly connect: (listener: ConnectionListener) => ClientConnection
  readonly proven: () => void
}

type State =
  | { readonly type: 'off' }
  /** `pauseMs`: how long it waits, this time. */
  | { readonly type: 'waiting'; readonly at: number; readonly pauseMs: number }
  | { readonly type: 'connecting'; readonly connection: ClientConnection; readonly pauseMs: number }
  /** It is there, and has to stay until then. */
  | { readonly type: 'proving'; readonly connection: ClientConnection; readonly at: number; readonly pauseMs: number }

export class TransportProbe {
  readonly #options: TransportProbeOptions
  readonly #alarm: Alarm
  #state: State = { type: 'off' }

  constructor(options: TransportProbeOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.clock, () => this.#onTime())
  }

  /** `on`: another transport than the preferred one is in use. */
  set(mode: 'on' | 'off'): void {
    if (mode === 'off') this.stop()
    else if (this.#state.type === 'off') this.#wait(FIRST_AFTER_MS)
  }

  /** Things have changed: looks now. */
  soon(): void {
    if (this.#state.type === 'waiting') this.#look(FIRST_AFTER_MS)
  }

  stop(): void {
    const state = this.#state
    this.#become({ type: 'off' })
    if ('connection' in state) state.connection.close(CloseCode.Normal, 'No longer needed', false)
  }

  #become(state: State): void {
    this.#state = state
    this.#alarm.set('at' in state ? state.at : undefined)
  }

  #wait(pauseMs: number): void {
    this.#become({ type: 'waiting', at: this.#options.clock.now() + pauseMs, pauseMs })
  }

  #look(pauseMs: number): void {
    const connection = this.#options.connect(this.#listener())
    this.#become({ type: 'connecting', connection, pauseMs })
  }

  #onTime(): void {
    const state = this.#state
    if (state.type === 'waiting') this.#look(state.pauseMs)
    if (state.type !== 'proving') return
    // Should what follows fail, the next look is as far away as after any other failure.
    this.#wait(longer(state.pauseMs))
    state.connection.close(CloseCode.Normal, 'It works', false)
    this.#options.proven()
  }

  #listener(): ConnectionListener {
    const over = (): void => {
      if ('connection' in this.#state) this.#wait(longer(this.#state.pauseMs))
    }
    return {
      open() {},
      welcome: () => {
        const state = this.#state
        if (state.type !== 'connecting') return
        this.#become({ ...state, type: 'proving', at: this.#options.clock.now() + PROOF_MS })
      },
      event() {},
      goAway() {},
      roundTrip() {},
      detached: over,
      lost: over,
      closed() {},
      fault() {},
    }
  }
}

function longer(pauseMs: number): number {
  return Math.min(2 * pauseMs, MAX_PAUSE_MS)
}
