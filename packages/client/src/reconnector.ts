/**
 * Keeps a client connected: does what the reconnect policy decides.
 *
 * Owns: the session in use, the attempts to find a connection for it, sessions on their way out, the timer of the next attempt.
 * Must not know: when an attempt is due (the policy), over which transport (`TransportChoice`), what waits for it
 * (`Intents`). Normative text: PROTOCOL.md, "Resuming" and "Reconnecting".
 */
import { TautlineError } from '@tautline/core'
import type { Connector, Random } from '@tautline/core/io'
import type { Ending, EventListener } from '@tautline/core/peer'
import { CloseCode, type GoAway, type Payload, type Welcome } from '@tautline/core/protocol'
import {
  createReconnectPolicy,
  type ReconnectEffect,
  type ReconnectOptions,
  type ReconnectPolicy,
} from '@tautline/core/session'
import { Alarm } from './alarm.ts'
import type { ClientStatus } from './client-status.ts'
import { ClientConnection, type ConnectionListener, type ConnectionSetup } from './connection.ts'
import type { Failure, Intents } from './intents.ts'
import { LeavingConnections } from './leaving-connections.ts'
import type { PageSignal } from './page-signals.ts'
import { StatusStore } from './status-store.ts'
import { addTraffic, NO_TRAFFIC, type TotalTraffic } from './traffic.ts'
import { TransportChoice } from './transport-choice.ts'
import { TransportProbe } from './transport-probe.ts'

export interface ReconnectorOptions {
  readonly setup: ConnectionSetup
  /** Transports, preferred first. */
  readonly connectors: readonly [Connector, ...Connector[]]
  readonly reconnect: ReconnectOptions | undefined
  readonly random: Random
  readonly intents: Intents
  readonly onEvent: EventListener
  /** Takes what has nobody else to go to. Never throws. */
  readonly report: (error: unknown) => void
}

const CLOSED: Failure = { code: 'CLIENT_CLOSED' }

export class Reconnector {
  readonly status: StatusStore
  readonly #options: ReconnectorOptions
  readonly #policy: ReconnectPolicy
  readonly #choice: TransportChoice
  readonly #probe: TransportProbe
  readonly #leaving: LeavingConnections
  readonly #policyAlarm: Alarm
  readonly #choiceAlarm: Alarm
  /** Holds the session in use, with a transport or without. */
  #current: ClientConnection | undefined
  /** Attempts under way, oldest first: the first that the server accepts is the one. */
  readonly #attempts = new Set<ClientConnection>()
  /** How the latest session began. */
  #resumed: boolean | undefined
  /** How long the current one would be left to finish its calls, by its GOAWAY. */
  #drainMs = 0
  #connected: PromiseWithResolvers<void> | undefined
  /** Transports that are not closed. */
  #transports = 0
  #closed: PromiseWithResolvers<void> | undefined
  #failure: Failure = CLOSED
  #welcomes = 0
  #roundTripMs: number | undefined
  /** The longest that a transport of the attempts under way was told to wait: another of them may be told nothing. */
  #retryAfterMs: number | undefined
  #pastTraffic: TotalTraffic = NO_TRAFFIC

  constructor(options: ReconnectorOptions) {
    const { setup, connectors, random, report } = options
    const { clock } = setup
    this.#options = options
    this.#policy = createReconnectPolicy(random, options.reconnect, clock.now())
    this.#choice = new TransportChoice(connectors)
    this.#probe = new TransportProbe({
      clock,
      connect: (listener) => this.#connect(this.#choice.preferred, { why: 'probe', standby: true }, () => listener),
      proven: () => this.#attempt(this.#choice.preferred, 'upgrade'),
    })
    this.#leaving = new LeavingConnections(clock)
    this.#policyAlarm = new Alarm(clock, () => this.#apply(this.#policy.handleTimeout(this.#now())))
    this.#choiceAlarm = new Alarm(clock, () => this.#tryAnother())
    this.status = new StatusStore(this.#describe(), report)
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
    for (const connection of [...this.#attempts, ...this.#leaving.all]) total = addTraffic(total, connection.stats)
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
    // Another network may not let through what the one before did.
    this.#choice.networkChanged()
    if (signal === 'offline') this.#policy.offline(now)
    else if (signal === 'online') this.#policy.online(now)
    // Somebody looks again: the rest of a long wait is not for them.
    else if (this.#policy.status.nextAttemptAt !== undefined) this.#apply(this.#policy.reconnect(now))
    // Another network may let through what this one did not.
    if (signal === 'online') this.#probe.soon()
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
    this.#choice.stop()
    this.#apply(this.#policy.close(this.#now()))
    this.#failWaiters()
    this.#probe.stop()
    const current = this.#current
    this.#current = undefined
    const all = [...this.#leaving.all, ...this.#takeAttempts(), ...(current === undefined ? [] : [current])]
    for (const connection of all) {
      connection.close(CloseCode.Normal, 'The client is closed', false)
    }
    if (this.#transports === 0) this.#closed.resolve()
    return this.#closed.promise
  }

  #apply(effects: readonly ReconnectEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'dial') this.#dial(effect.why)
      else this.#drop()
    }
    this.#policyAlarm.set(this.#policy.nextDeadline())
    this.#choiceAlarm.set(this.#choice.nextDeadline())
    this.#show()
  }

  #dial(why: string): void {
    this.#attempt(this.#choice.dial(this.#now()), why)
  }

  /** The one under way takes long: another transport may be through sooner. */
  #tryAnother(): void {
    const connector = this.#choice.handleTimeout(this.#now())
    if (connector !== undefined) this.#attempt(connector, 'fallback')
    this.#apply([])
  }

  #attempt(connector: Connector, why: string): void {
    if (this.#current === undefined && this.#attempts.size === 0) this.#options.intents.wait()
    const attempt = this.#connect(connector, { why, standby: false }, (self) => this.#listenerFor(self))
    this.#attempts.add(attempt)
  }

  #connect(
    connector: Connector,
    { why, standby }: { readonly why: string; readonly standby: boolean },
    listenerFor: (self: () => ClientConnection) => ConnectionListener,
  ): ClientConnection {
    this.#transports++
    const resumption = () => (standby ? undefined : this.#current?.nextResumption())
    const listener = listenerFor(() => connection)
    const connection: ClientConnection = new ClientConnection(
      this.#options.setup,
      { connector, why, resumption, standby },
      { ...listener, closed: () => this.#onClosed(listener) },
    )
    return connection
  }

  /** By hand: leaves the transport there is, or gives up the attempts under way. */
  #drop(): void {
    const isClosed = this.#policy.status.state === 'closed'
    if (isClosed) return
    for (const attempt of this.#takeAttempts()) attempt.giveUp('Replaced by the application')
    // Not with 1000, which would end the session at the server.
    this.#current?.leave(CloseCode.Superseded, 'Replaced by the application')
  }

  #takeAttempts(): readonly ClientConnection[] {
    const attempts = [...this.#attempts]
    this.#attempts.clear()
    return attempts
  }

  #listenerFor(self: () => ClientConnection): ConnectionListener {
    const { onEvent, report } = this.#options
    const isCurrent = (): boolean => this.#current === self()
    return {
      open: (carrier) => {
        // What is new goes along with HELLO; a session that is there has its own way.
        if (this.#current === undefined && this.#attempts.has(self())) {
          this.#options.intents.greet(carrier, this.#choice.isAlone ? 'everything' : 'repeatable')
        }
      },
      welcome: (welcome) => this.#onWelcome(self(), welcome),
      event: onEvent,
      goAway: (goAway) => {
        if (isCurrent()) this.#onGoAway(goAway)
      },
      roundTrip: (ms) => {
        if (isCurrent()) this.#roundTripMs = ms
      },
      detached: (ending) => this.#onDetached(self(), ending),
      lost: (ending, settle) => this.#onLost(self(), ending, settle),
      closed: () => {},
      fault: report,
    }
  }

  #onWelcome(connection: ClientConnection, welcome: Welcome): void {
    const before = this.#current
    if (welcome.resumed && before?.isResumable !== true && this.#attempts.has(connection)) {
      // This end has given the session up while the server let it in: an attempt that has failed.
      connection.close(CloseCode.Normal, 'Its session is over', true)
      return
    }
    if (!this.#attempts.delete(connection)) return
    const { intents } = this.#options
    this.#welcomes++
    // Where the one before may finish at its own server, nothing is lost.
    const losesNothing = this.#welcomes === 1 || before?.isAttached === true
    this.#resumed = welcome.resumed || (losesNothing ? undefined : false)
    if (before !== undefined && welcome.resumed) before.resume(connection, welcome)
    else this.#current = connection
    const losers = this.#takeAttempts()
    const now = this.#now()
    this.#retryAfterMs = undefined
    this.#policy.connected(now)
    this.#choice.connected(connection.transport, now)
    this.#probe.set(this.#choice.isPreferred(connection.transport) ? 'off' : 'on')
    // First: what comes back from those that are closed here goes with the one there is.
    const { carrier } = this.#current ?? {}
    if (carrier !== undefined) intents.accepted(carrier)
    for (const loser of losers) loser.giveUp('Another one was faster')
    if (before !== undefined && before !== this.#current) this.#replace(before)
    this.#connected?.resolve()
    this.#connected = undefined
    this.#apply([])
  }

  /** Its server knows nothing of the session: one that still has its transport may finish what it has begun. */
  #replace(connection: ClientConnection): void {
    if (!connection.isAttached) {
      connection.close(CloseCode.Normal, 'Its session is lost', true)
      return
    }
    this.#leaving.add(connection, this.#drainMs)
    const { carrier } = connection
    if (carrier !== undefined) this.#options.intents.handOver(carrier)
  }

  #onGoAway(goAway: GoAway): void {
    this.#drainMs = goAway.drainMs
    this.#policy.goAway(goAway, this.#now())
    this.#apply([])
  }

  #onDetached(connection: ClientConnection, ending: Ending): void {
    if (connection !== this.#current) {
      // One that was leaving: nobody goes on with its session.
      connection.close(CloseCode.Normal, 'Its session is over', true)
      return
    }
    this.#options.intents.wait()
    // It is the attempt under way that has taken over: its WELCOME is on the way.
    if (ending.code === CloseCode.Superseded && this.#attempts.size > 0) return
    this.#onDown(ending, () => connection.close(CloseCode.Normal, 'Given up', true))
  }

  #onLost(connection: ClientConnection, ending: Ending, settle: () => void): void {
    this.#pastTraffic = addTraffic(this.#pastTraffic, connection.stats)
    this.#leaving.remove(connection)
    if (this.#attempts.delete(connection)) {
      this.#onAttemptFailed(connection, ending, settle)
    } else if (connection === this.#current) {
      this.#current = undefined
      // First: what is settled now and goes again must find no connection, and hear at once when there will be none.
      if (this.#policy.status.state !== 'suspended') this.#options.intents.wait()
      this.#onDown(ending, () => {})
      settle()
    } else {
      settle()
    }
  }

  #onAttemptFailed(connection: ClientConnection, ending: Ending, settle: () => void): void {
    this.#choice.failed(connection.transport)
    this.#retryAfterMs = longer(this.#retryAfterMs, ending.retryAfterMs)
    const failure = { ...ending, retryAfterMs: this.#retryAfterMs }
    const effects = this.#attempts.size > 0 ? [] : this.#policy.failed(failure, this.#now())
    if (this.#attempts.size === 0) this.#retryAfterMs = undefined
    if (this.#current === undefined) this.#options.intents.wait()
    const current = this.#current
    if (this.#policy.status.state === 'suspended') this.#giveUp(ending)
    settle()
    if (this.#policy.status.state === 'suspended') current?.close(CloseCode.Normal, 'Given up', true)
    // Its own WELCOME never came, and the transport before it is gone for its sake.
    else if (this.#attempts.size === 0 && current?.isAttached === false) this.#onDown(ending, () => {})
    this.#apply(effects)
  }

  /** There is no transport any more. */
  #onDown(ending: Ending, end: () => void): void {
    const now = this.#now()
    const before = this.#policy.status.state
    this.#roundTripMs = undefined
    this.#probe.set('off')
    this.#choice.lost(now)
    this.#policy.lost({ ...ending, retryAfterMs: ending.retryAfterMs }, now)
    if (this.#policy.status.state === 'suspended' && before !== 'suspended') {
      this.#giveUp(ending)
      end()
    }
    this.#apply([])
  }

  #giveUp({ code, reason }: Ending): void {
    const message = reason || `There is no connection: the last one ended with ${code}`
    this.#failure = { code: ERRORS_OF_CLOSE.get(code) ?? 'CONNECTION_LOST', message }
    this.#choice.stop()
    this.#options.intents.stop(this.#failure)
    this.#failWaiters()
  }

  #failWaiters(): void {
    this.#connected?.reject(toError(this.#failure))
    this.#connected = undefined
  }

  #onClosed(listener: ConnectionListener): void {
    this.#transports--
    listener.closed()
    if (this.#transports === 0) this.#closed?.resolve()
  }

  #show(): void {
    const next = this.#describe()
    const before = this.status.current
    const keys = Object.keys(next) as (keyof ClientStatus)[]
    if (keys.some((key) => next[key] !== before[key])) this.status.set(next)
  }

  #describe(): ClientStatus {
    const [attempt] = this.#attempts
    const inUse = this.#current?.isAttached === true ? this.#current : attempt
    const { status } = this.#policy
    const resumed = status.state === 'connected' ? this.#resumed : undefined
    return { ...status, transport: inUse?.transport, resumed }
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

function longer(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}

function toError({ code, message }: Failure): TautlineError {
  return new TautlineError(code, { message })
}
