/**
 * Keeps a client connected: does what the reconnect policy decides.
 *
 * Owns: the connection in use, those on their way out, the timer of the next attempt. Must not know: when an attempt is
 * due (the policy), what waits for one (`Intents`). Normative text: PROTOCOL.md, "Reconnecting".
 */
import { TautlineError } from '@tautline/core'
import type { Random } from '@tautline/core/io'
import type { Ending, EventListener } from '@tautline/core/peer'
import { CloseCode, type GoAway, type Payload } from '@tautline/core/protocol'
import {
  createReconnectPolicy,
  type ReconnectEffect,
  type ReconnectOptions,
  type ReconnectPolicy,
} from '@tautline/core/session'
import type { ClientStatus } from './client-status.ts'
import { ClientConnection, type ConnectionListener, type ConnectionSetup } from './connection.ts'
import type { Failure, Intents } from './intents.ts'
import type { PageSignal } from './page-signals.ts'
import { StatusStore } from './status-store.ts'
import { addTraffic, NO_TRAFFIC, type TotalTraffic } from './traffic.ts'

export interface ReconnectorOptions {
  readonly setup: ConnectionSetup
  readonly reconnect: ReconnectOptions | undefined
  readonly random: Random
  readonly intents: Intents
  readonly onEvent: EventListener
  /** Takes what has nobody else to go to. Never throws. */
  readonly report: (error: unknown) => void
}

/** A timer that is set, and for when. */
interface Alarm {
  readonly at: number
  readonly cancel: () => void
}

/** Connections that may finish their calls beside the one in use. A server could ask for any time to do so. */
const MAX_LEAVING = 4

const CLOSED: Failure = { code: 'CLIENT_CLOSED' }

export class Reconnector {
  readonly status: StatusStore
  readonly #options: ReconnectorOptions
  readonly #policy: ReconnectPolicy
  #current: ClientConnection | undefined
  /** Those that still finish their calls while another one has taken over, each with what ends its grace. */
  readonly #leaving = new Map<ClientConnection, () => void>()
  /** How long the current one would be left to finish its calls, by its GOAWAY. */
  #drainMs = 0
  #alarm: Alarm | undefined
  #connected: PromiseWithResolvers<void> | undefined
  /** Transports that are not closed. */
  #transports = 0
  #closed: PromiseWithResolvers<void> | undefined
  #failure: Failure = CLOSED
  #welcomes = 0
  #roundTripMs: number | undefined
  #pastTraffic: TotalTraffic = NO_TRAFFIC

  constructor(options: ReconnectorOptions) {
    const { clock } = options.setup
    this.#options = options
    this.#policy = createReconnectPolicy(options.random, options.reconnect, clock.now())
    this.status = new StatusStore(this.#describe(), options.report)
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs
  }

  /** Connections made after the first. */
  get reconnects(): number {
    return Math.max(0, this.#welcomes - 1)
  }

  get traffic(): TotalTraffic {
    let total = addTraffic(this.#pastTraffic, this.#current?.stats)
    for (const connection of this.#leaving.keys()) total = addTraffic(total, connection.stats)
    return total
  }

  /** Connects where nothing has asked for it before. */
  start(): void {
    this.#apply(this.#policy.start(this.#now()))
  }

  /** Now, whatever it waits for. Throws after `close`. */
  reconnect(): void {
    if (this.#policy.status.state === 'closed') throw new TautlineError('CLIENT_CLOSED')
    this.#apply(this.#policy.reconnect(this.#now()))
  }

  /** Resolves when the server has accepted a connection. Rejects when there will be none. */
  whenConnected(): Promise<void> {
    const { state } = this.#policy.status
    if (state === 'connected') return Promise.resolve()
    if (state === 'suspended' || state === 'closed') return Promise.reject(toError(this.#failure))
    this.#connected ??= Promise.withResolvers<void>()
    const { promise } = this.#connected
    this.start()
    return promise
  }

  signal(signal: PageSignal): void {
    const now = this.#now()
    if (signal === 'offline') this.#policy.offline(now)
    else if (signal === 'online') this.#policy.online(now)
    // Somebody looks again: the rest of a long wait is not for them.
    else if (this.#policy.status.nextAttemptAt !== undefined) this.#apply(this.#policy.reconnect(now))
    // Each of the signals may mean that the link is dead without our knowledge.
    this.#current?.wake()
    this.#apply([])
  }

  /** Without a connection there is nothing to do: the next one asks for credentials anyway. */
  refreshAuth(auth: Payload): void {
    this.#current?.refreshAuth(auth)
  }

  /** For good. Resolves when no transport is left. */
  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers<void>()
    this.#failure = CLOSED
    this.#options.intents.close(CLOSED)
    this.#apply(this.#policy.close(this.#now()))
    this.#failWaiters()
    for (const connection of this.#leaving.keys()) connection.close(CloseCode.Normal, 'The client is closed', false)
    if (this.#transports === 0) this.#closed.resolve()
    return this.#closed.promise
  }

  #apply(effects: readonly ReconnectEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'dial') this.#dial(effect.why)
      else this.#drop()
    }
    this.#arm()
    this.#show()
  }

  #dial(why: string): void {
    const { setup, intents } = this.#options
    if (this.#current !== undefined) this.#leave(this.#current)
    intents.wait()
    this.#transports++
    const connection: ClientConnection = new ClientConnection(
      setup,
      why,
      this.#listenerFor(() => connection),
    )
    this.#current = connection
  }

  #drop(): void {
    const connection = this.#current
    this.#current = undefined
    const isClosed = this.#policy.status.state === 'closed'
    if (!isClosed) this.#options.intents.wait()
    connection?.close(CloseCode.Normal, isClosed ? 'The client is closed' : 'Replaced by the application', false)
  }

  #leave(connection: ClientConnection): void {
    const { clock } = this.#options.setup
    const end = (): void => connection.close(CloseCode.Normal, 'Its time to finish is over', false)
    this.#leaving.set(connection, clock.schedule(clock.now() + this.#drainMs, end))
    if (this.#leaving.size <= MAX_LEAVING) return
    const [longest] = this.#leaving.keys()
    longest?.close(CloseCode.Normal, 'Too many connections are about to end', false)
  }

  #listenerFor(self: () => ClientConnection): ConnectionListener {
    const { intents, onEvent, report } = this.#options
    const isCurrent = (): boolean => this.#current === self()
    return {
      open: (carrier) => {
        if (isCurrent()) intents.open(carrier)
      },
      welcome: () => {
        if (isCurrent()) this.#onWelcome()
      },
      event: onEvent,
      goAway: (goAway) => {
        if (isCurrent()) this.#onGoAway(goAway)
      },
      roundTrip: (ms) => {
        if (isCurrent()) this.#roundTripMs = ms
      },
      lost: (ending, settle) => this.#onLost(self(), ending, settle),
      closed: () => this.#onClosed(),
      fault: report,
    }
  }

  #onWelcome(): void {
    this.#welcomes++
    this.#policy.connected(this.#now())
    this.#options.intents.accepted()
    this.#connected?.resolve()
    this.#connected = undefined
    this.#apply([])
  }

  #onGoAway(goAway: GoAway): void {
    this.#drainMs = goAway.drainMs
    this.#policy.goAway(goAway, this.#now())
    this.#apply([])
  }

  #onLost(connection: ClientConnection, ending: Ending, settle: () => void): void {
    this.#pastTraffic = addTraffic(this.#pastTraffic, connection.stats)
    this.#leaving.get(connection)?.()
    this.#leaving.delete(connection)
    if (connection !== this.#current) {
      settle()
      return
    }
    const { intents } = this.#options
    this.#current = undefined
    this.#roundTripMs = undefined
    // First: what is settled now and goes again must find no connection, and hear at once when there will be none.
    intents.wait()
    const effects = this.#policy.failed({ ...ending, retryAfterMs: undefined }, this.#now())
    if (this.#policy.status.state === 'suspended') this.#giveUp(ending)
    settle()
    this.#apply(effects)
  }

  #giveUp({ code, reason }: Ending): void {
    const message = reason || `There is no connection: the last one ended with ${code}`
    this.#failure = { code: ERRORS_OF_CLOSE.get(code) ?? 'CONNECTION_LOST', message }
    this.#options.intents.stop(this.#failure)
    this.#failWaiters()
  }

  #failWaiters(): void {
    this.#connected?.reject(toError(this.#failure))
    this.#connected = undefined
  }

  #onClosed(): void {
    this.#transports--
    if (this.#transports === 0) this.#closed?.resolve()
  }

  #arm(): void {
    const at = this.#policy.nextDeadline()
    if (at === this.#alarm?.at) return
    this.#alarm?.cancel()
    this.#alarm = undefined
    if (at === undefined) return
    const cancel = this.#options.setup.clock.schedule(at, () => {
      this.#alarm = undefined
      this.#apply(this.#policy.handleTimeout(this.#now()))
    })
    this.#alarm = { at, cancel }
  }

  #show(): void {
    const { state, reason, since, attempt, nextAttemptAt } = this.#policy.status
    const before = this.status.current
    const isSame = state === before.state && reason === before.reason && attempt === before.attempt
    if (isSame && since === before.since && nextAttemptAt === before.nextAttemptAt) return
    this.status.set(this.#describe())
  }

  #describe(): ClientStatus {
    const transport = this.#current === undefined ? undefined : this.#options.setup.connector.kind
    return { ...this.#policy.status, transport }
  }

  #now(): number {
    return this.#options.setup.clock.now()
  }
}

/** What calls are told where attempts end for a reason with a name of its own. */
const ERRORS_OF_CLOSE: ReadonlyMap<number, Failure['code']> = new Map([
  [CloseCode.Unauthorized, 'UNAUTHORIZED'],
  [CloseCode.Forbidden, 'FORBIDDEN'],
])

function toError({ code, message }: Failure): TautlineError {
  return new TautlineError(code, { message })
}
