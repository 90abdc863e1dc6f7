/**
 * Over which transport the next attempt goes: the preferred one, until it turns out that something between here and the
 * server does not let it through.
 *
 * Owns: what is known of the transports. Must not know: when an attempt is due, connections.
 * Normative text: PROTOCOL.md, "Choosing a transport".
 */
import type { Connector } from '@tautline/core/io'

/** An attempt by the preferred transport may take so long before another one is tried beside it. */
const FALLBACK_AFTER_MS = 2_500
/** As `FALLBACK_AFTER_MS`, where the preferred one was let through before: what hangs is likely a server that has too much to do. */
const PROVEN_FALLBACK_AFTER_MS = 7_500
/** So many attempts that failed, or connections that died young, and another transport has its turn. */
const FAILURES_BEFORE_FALLBACK = 2
/** A connection that lived so long was let through. */
const PROVEN_AFTER_MS = 5_000

/** What the transport in use has shown of itself. */
type Use = { readonly type: 'none' } | { readonly type: 'in use'; readonly transport: string; readonly since: number }

export class TransportChoice {
  readonly #connectors: readonly [Connector, ...Connector[]]
  #next: 'preferred' | 'fallback' = 'preferred'
  /** Attempts of the preferred transport that failed in a row, and connections of it that died before they were proven. */
  #failures = 0
  #use: Use = { type: 'none' }
  #fallbackAfterMs = FALLBACK_AFTER_MS
  /** Since what is in use has connected: how long it has lived says nothing of another one. */
  #network: 'the same' | 'changed' = 'the same'
  /** When another one is tried beside what is under way. */
  #fallbackAt: number | undefined
  /** At the very beginning the other one is tried whatever comes of the first attempts. */
  #beginning: 'now' | 'over' = 'now'

  constructor(connectors: readonly [Connector, ...Connector[]]) {
    this.#connectors = connectors
  }

  get preferred(): Connector {
    return this.#connectors[0]
  }

  /** Whether there is nothing to choose. */
  get isAlone(): boolean {
    return this.#connectors.length === 1
  }

  isPreferred(transport: string): boolean {
    return transport === this.preferred.kind
  }

  /** An attempt is due: by which transport. */
  dial(now: number): Connector {
    const fallback = this.#connectors[1]
    if (fallback === undefined) return this.preferred
    if (this.#next === 'fallback') return fallback
    if (this.#isLetThrough) this.#prove(now)
    if (this.#beginning === 'over' || this.#fallbackAt === undefined) this.#fallbackAt = now + this.#fallbackAfterMs
    return this.preferred
  }

  /** When `handleTimeout` wants to be called. */
  nextDeadline(): number | undefined {
    return this.#isLetThrough ? undefined : this.#fallbackAt
  }

  /** Another transport to try now, beside what is under way. */
  handleTimeout(now: number): Connector | undefined {
    const deadline = this.nextDeadline()
    if (deadline === undefined || now < deadline) return undefined
    this.#beginning = 'over'
    this.#fallbackAt = undefined
    return this.#connectors[1]
  }

  /** No attempt is wanted any more but those that are asked for. */
  stop(): void {
    this.#beginning = 'over'
    this.#fallbackAt = undefined
  }

  /** What was let through before may not be now. */
  networkChanged(): void {
    this.#network = 'changed'
    this.#fallbackAfterMs = FALLBACK_AFTER_MS
  }

  failed(transport: string): void {
    if (!this.isPreferred(transport)) {
      this.#next = 'preferred'
      return
    }
    // Clients that have lost their server keep to the pauses between attempts, which spread them.
    if (this.#beginning === 'over') this.#fallbackAt = undefined
    if (!this.#isLetThrough) this.#countFailure()
  }

  connected(transport: string, now: number): void {
    this.#use = { type: 'in use', transport, since: now }
    this.#network = 'the same'
    this.#beginning = 'over'
    this.#fallbackAt = undefined
    this.#next = this.isPreferred(transport) ? 'preferred' : 'fallback'
  }

  lost(now: number): void {
    const isProven = this.#isLetThrough && this.#prove(now)
    if (isProven) this.#failures = 0
    else if (this.#isLetThrough) this.#countFailure()
    this.#use = { type: 'none' }
  }

  /**
   * A connection is there to show it. An attempt beside it is to replace it, because its server goes away: what keeps that
   * one from getting through is the next server, which may still be starting.
   */
  get #isLetThrough(): boolean {
    return this.#use.type === 'in use' && this.isPreferred(this.#use.transport)
  }

  /** Whether what is in use has lived long enough for that. */
  #prove(now: number): boolean {
    const isProven = this.#use.type === 'in use' && now - this.#use.since >= PROVEN_AFTER_MS
    if (isProven && this.#network === 'the same') this.#fallbackAfterMs = PROVEN_FALLBACK_AFTER_MS
    return isProven
  }

  #countFailure(): void {
    this.#failures += 1
    if (this.#failures < FAILURES_BEFORE_FALLBACK) return
    this.#failures = 0
    this.#fallbackAfterMs = FALLBACK_AFTER_MS
    this.#next = 'fallback'
  }
}
