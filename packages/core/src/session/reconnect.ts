import type { GoAway } from '../protocol/frame.ts'
import { type BackoffOptions, backoffDelayMs } from './backoff.ts'

/**
 * When a client dials, waits and gives up, as a machine without timers: `now` comes with every input, `nextDeadline` says when
 * to call `handleTimeout`.
 *
 * Owns: attempts, delays, the status that users see. Must not know: transports, sessions, which platform tells of the network.
 * Normative text: PROTOCOL.md, "Reconnecting".
 */
export interface ReconnectPolicy {
  /** A new object at each change, so that it can be compared by identity. */
  readonly status: LinkStatus
  /** From `idle`: the first attempt. */
  start(now: number): readonly ReconnectEffect[]
  /** WELCOME has come. */
  connected(now: number): void
  /**
   * The attempt under way failed. Where it was to replace a connection that is still there, that is left alone, and another
   * attempt follows later.
   */
  failed(failure: LinkFailure, now: number): readonly ReconnectEffect[]
  /** The connection there was is lost. Without effect where `reconnect` has decided so before. */
  lost(failure: LinkFailure, now: number): void
  goAway(goAway: Pick<GoAway, 'delayMs'>, now: number): void
  /** By hand: at once, whatever it waits for, and with all attempts before it. */
  reconnect(now: number): readonly ReconnectEffect[]
  /** The platform says that there is a network again. */
  online(now: number): void
  /** The platform says that there is none. */
  offline(now: number): void
  /** For good. */
  close(now: number): readonly ReconnectEffect[]
  nextDeadline(): number | undefined
  handleTimeout(now: number): readonly ReconnectEffect[]
}

export type ReconnectEffect =
  /** Open a connection. One that is there goes on until the new one can take over. */
  | { readonly type: 'dial'; readonly attempt: number; readonly why: DialReason }
  /** Leave the connection, or give up the one in the making. It is not reported any more. */
  | { readonly type: 'drop' }

/** As in HELLO's `why`. */
export type DialReason = 'start' | 'retry' | 'goaway' | 'manual'

export interface LinkStatus {
  /**
   * `idle`: not started. `connecting`: no connection yet. `connected`. `reconnecting`: there was one; another is under way or
   * waited for. `offline`: no network, waits for it. `suspended`: gave up, for `reason`. `closed`: for good.
   */
  readonly state: LinkState
  /** Why it is so. */
  readonly reason: string
  /** Close code of the failure that led here. None while connected, nor after `reconnect` and `close`. */
  readonly code: number | undefined
  /** Attempts since the connection was last stable; 0 before the first. */
  readonly attempt: number
  /** When the next attempt begins, in the time of `now`, where one waits. */
  readonly nextAttemptAt: number | undefined
  /** Since when, in the time of `now`. */
  readonly since: number
}

export type LinkState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'suspended' | 'closed'

export interface LinkFailure {
  readonly code: number
  readonly reason: string
  /** Whether another attempt may succeed: what CLOSE says, or what the code means. */
  readonly retry: boolean
  /** No attempt before that, in ms. */
  readonly retryAfterMs: number | undefined
}

export interface ReconnectOptions extends BackoffOptions {
  /** Attempts in a row without a stable connection, then `suspended`. 0: never again by itself. @default Infinity */
  readonly maxAttempts?: number | undefined
  /** Time since the first failure in a row, then `suspended`. In ms. @default Infinity */
  readonly maxElapsedMs?: number | undefined
  /** A connection that lived so long was stable: counting begins anew after it. In ms. @default 30,000 */
  readonly stableAfterMs?: number | undefined
  /** Asked after each failure that permits another attempt. Must not throw. */
  readonly shouldRetry?: ((failure: LinkFailure, attempt: number) => boolean) | undefined
}

const DEFAULT_STABLE_AFTER_MS = 30_000
/** A network that came back is as good a start as any. */
const FIRST_RETRY = 1
const NOTHING: readonly ReconnectEffect[] = Object.freeze([])

/**
 * @param random gives numbers in [0, 1)
 * @throws for options out of range
 */
export function createReconnectPolicy(random: () => number, options: ReconnectOptions = {}, now = 0): ReconnectPolicy {
  return new LinkPolicy(random, options, now)
}

type Phase =
  | { readonly type: 'resting' }
  | { readonly type: 'dialling' }
  /** `notBefore` is what the server asked for. */
  | { readonly type: 'waiting'; readonly until: number; readonly notBefore: number }
  /** `moving`: an attempt is under way that is to replace it. */
  | {
      readonly type: 'connected'
      readonly since: number
      readonly leaveAt: number | undefined
      readonly moving: 'no' | 'yes'
    }
  | { readonly type: 'offline'; readonly notBefore: number }

class LinkPolicy implements ReconnectPolicy {
  readonly #random: () => number
  readonly #options: ReconnectOptions
  readonly #maxAttempts: number
  readonly #maxElapsedMs: number
  readonly #stableAfterMs: number
  #phase: Phase = { type: 'resting' }
  #status: LinkStatus
  #network: 'online' | 'offline' = 'online'
  #history: 'never-connected' | 'was-connected' = 'never-connected'
  #attempt = 0
  /** In a row, among them the loss of a stable connection, which is no failed attempt. */
  #failures = 0
  #failingSince: number | undefined
  #code: number | undefined

  constructor(random: () => number, options: ReconnectOptions, now: number) {
    this.#random = random
    this.#options = options
    this.#maxAttempts = wholeNumber('maxAttempts', options.maxAttempts ?? Number.POSITIVE_INFINITY)
    this.#maxElapsedMs = atLeastZero('maxElapsedMs', options.maxElapsedMs ?? Number.POSITIVE_INFINITY)
    atLeastZero('baseMs', options.baseMs ?? 0)
    atLeastZero('maxMs', options.maxMs ?? 0)
    this.#stableAfterMs = atLeastZero('stableAfterMs', options.stableAfterMs ?? DEFAULT_STABLE_AFTER_MS)
    const none = { attempt: 0, code: undefined, nextAttemptAt: undefined }
    this.#status = { state: 'idle', reason: 'not started', ...none, since: now }
  }

  get status(): LinkStatus {
    return this.#status
  }

  start(now: number): readonly ReconnectEffect[] {
    return this.#status.state === 'idle' ? this.#dial('start', now) : NOTHING
  }

  connected(now: number): void {
    if (this.#phase.type === 'resting') return
    const reason = this.#phase.type === 'connected' ? 'moved' : 'welcome'
    this.#history = 'was-connected'
    this.#code = undefined
    this.#phase = { type: 'connected', since: now, leaveAt: undefined, moving: 'no' }
    this.#show('connected', reason, now)
  }

  failed(failure: LinkFailure, now: number): readonly ReconnectEffect[] {
    const phase = this.#phase
    if (phase.type === 'connected' && phase.moving === 'yes') {
      const delayMs = backoffDelayMs(this.#attempt, this.#random, this.#options)
      const leaveAt = now + (failure.retryAfterMs ?? 0) + delayMs
      this.#phase = { ...phase, leaveAt, moving: 'no' }
      return NOTHING
    }
    if (phase.type === 'dialling') this.#goOnAfter(failure, now)
    return NOTHING
  }

  lost(failure: LinkFailure, now: number): void {
    const phase = this.#phase
    if (phase.type !== 'connected') return
    if (phase.moving === 'yes') {
      // The attempt that is under way is the next one already.
      this.#code = failure.code
      this.#phase = { type: 'dialling' }
      this.#show('reconnecting', textOf(failure), now)
      return
    }
    this.#goOnAfter(failure, now)
  }

  #goOnAfter(failure: LinkFailure, now: number): void {
    const phase = this.#phase
    this.#forgetIfStable(now)
    this.#failures += 1
    this.#code = failure.code
    this.#failingSince ??= now
    const end = this.#reasonToStop(failure, now)
    const notBefore = notBeforeOf(failure, phase, now)
    if (end !== undefined) this.#suspend(end, now)
    else if (this.#network === 'offline') this.#waitForNetwork(notBefore, now)
    // Attempts that ended in GOAWAY are none of these failures, and yet count as such here.
    else this.#wait(Math.max(this.#failures, this.#attempt), notBefore, textOf(failure), now)
  }

  goAway({ delayMs: [min, max] }: Pick<GoAway, 'delayMs'>, now: number): void {
    if (this.#phase.type !== 'connected') return
    const delayMs = min + this.#random() * Math.max(0, max - min)
    this.#phase = { ...this.#phase, leaveAt: now + delayMs + this.#restlessMs(this.#phase.since, now) }
  }

  /** Servers that send their clients on before these could settle are as bad as ones that fail: else clients would go in circles. */
  #restlessMs(since: number, now: number): number {
    if (this.#attempt <= 1 || now - since >= this.#stableAfterMs) return 0
    return backoffDelayMs(this.#attempt - 1, this.#random, this.#options)
  }

  reconnect(now: number): readonly ReconnectEffect[] {
    if (this.#status.state === 'closed' || this.#phase.type === 'dialling') return NOTHING
    const drop: readonly ReconnectEffect[] = this.#phase.type === 'connected' ? [{ type: 'drop' }] : NOTHING
    this.#forgetFailures()
    return [...drop, ...this.#dial('manual', now)]
  }

  online(now: number): void {
    this.#network = 'online'
    const phase = this.#phase
    if (phase.type !== 'offline' && phase.type !== 'waiting') return
    this.#wait(FIRST_RETRY, phase.notBefore, 'the network is back', now)
  }

  offline(now: number): void {
    this.#network = 'offline'
    if (this.#phase.type === 'waiting') this.#waitForNetwork(this.#phase.notBefore, now)
  }

  close(now: number): readonly ReconnectEffect[] {
    if (this.#status.state === 'closed') return NOTHING
    const { type } = this.#phase
    this.#phase = { type: 'resting' }
    this.#code = undefined
    this.#show('closed', 'closed by the application', now)
    return type === 'dialling' || type === 'connected' ? [{ type: 'drop' }] : NOTHING
  }

  nextDeadline(): number | undefined {
    if (this.#phase.type === 'waiting') return this.#phase.until
    return this.#phase.type === 'connected' && this.#phase.moving === 'no' ? this.#phase.leaveAt : undefined
  }

  handleTimeout(now: number): readonly ReconnectEffect[] {
    const deadline = this.nextDeadline()
    if (deadline === undefined || now < deadline) return NOTHING
    const phase = this.#phase
    this.#forgetIfStable(now)
    if (phase.type !== 'connected') return this.#dial('retry', now)
    // Nobody needs to know of it before it has taken over.
    this.#phase = { ...phase, moving: 'yes' }
    this.#attempt += 1
    return [{ type: 'dial', attempt: this.#attempt, why: 'goaway' }]
  }

  #dial(why: DialReason, now: number): readonly ReconnectEffect[] {
    this.#attempt += 1
    this.#phase = { type: 'dialling' }
    this.#show(this.#history === 'never-connected' ? 'connecting' : 'reconnecting', why, now)
    return [{ type: 'dial', attempt: this.#attempt, why }]
  }

  #wait(failures: number, notBefore: number, reason: string, now: number): void {
    const delayMs = backoffDelayMs(failures, this.#random, this.#options)
    this.#phase = { type: 'waiting', until: Math.max(now, notBefore) + delayMs, notBefore }
    this.#show(this.#history === 'never-connected' ? 'connecting' : 'reconnecting', reason, now)
  }

  #waitForNetwork(notBefore: number, now: number): void {
    this.#phase = { type: 'offline', notBefore }
    this.#show('offline', 'no network', now)
  }

  #suspend(reason: string, now: number): void {
    this.#phase = { type: 'resting' }
    this.#show('suspended', reason, now)
  }

  #show(state: LinkState, reason: string, now: number): void {
    const nextAttemptAt = this.#phase.type === 'waiting' ? this.#phase.until : undefined
    const since = state === this.#status.state ? this.#status.since : now
    this.#status = { state, reason, code: this.#code, attempt: this.#attempt, nextAttemptAt, since }
  }

  #forgetIfStable(now: number): void {
    if (this.#phase.type === 'connected' && now - this.#phase.since >= this.#stableAfterMs) this.#forgetFailures()
  }

  #forgetFailures(): void {
    this.#attempt = 0
    this.#failures = 0
    this.#failingSince = undefined
    this.#code = undefined
  }

  #reasonToStop(failure: LinkFailure, now: number): string | undefined {
    if (!failure.retry) return textOf(failure)
    if (this.#attempt >= this.#maxAttempts) return `gave up after ${this.#attempt} attempts`
    const elapsedMs = now - (this.#failingSince ?? now)
    if (elapsedMs >= this.#maxElapsedMs) return `gave up after ${Math.round(elapsedMs)} ms`
    return this.#options.shouldRetry?.(failure, this.#attempt) === false ? 'gave up as `shouldRetry` said' : undefined
  }
}

function textOf({ reason, code }: LinkFailure): string {
  return reason || `code ${code}`
}

/** What the server asked for comes on top of our own delay: the moment of its GOAWAY, or its `Retry-After`. */
function notBeforeOf({ retryAfterMs = 0 }: LinkFailure, phase: Phase, now: number): number {
  return phase.type === 'connected' && phase.leaveAt !== undefined ? phase.leaveAt : now + retryAfterMs
}

function wholeNumber(name: string, value: number): number {
  if (value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return value
  throw new TypeError(`Expected \`${name}\` to be an integer >= 0, got \`${value}\` (${typeof value})`)
}

function atLeastZero(name: string, value: number): number {
  if (value >= 0) return value
  throw new TypeError(`Expected \`${name}\` to be a number >= 0, got \`${value}\` (${typeof value})`)
}
