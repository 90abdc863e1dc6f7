/**
 * The long-poll carrier of a client, for networks that let no WebSocket pass: one request up, one down, behind the
 * `Connector` port.
 *
 * Owns: what is under way in which request. Must not know: frames, sessions, when to try again.
 * Normative text: PROTOCOL.md, "Long poll".
 */
import {
  type Clock,
  type Connector,
  createSystemClock,
  type Transport,
  type TransportListener,
} from '@tautline/core/io'
import {
  decodePollAnswer,
  encodePollRequest,
  PartAssembly,
  PartQueue,
  POLL_HOLD_MS,
  POLL_LIMITS,
  PollMode,
} from '@tautline/core/long-poll'
import { resolveAddress } from './address.ts'
import { type FetchLike, PollEnd, PollExchange } from './poll-exchange.ts'

export type { FetchLike } from './poll-exchange.ts'

export interface LongPollConnectorOptions {
  /** `https:`, `http:`, `wss:` or `ws:`. In a page it may be relative: `"/rpc"`. */
  readonly url: string | URL
  /** @default the global `fetch`, looked up at each request */
  readonly fetch?: FetchLike | undefined
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined
}

/** Gone without a word. */
const ABNORMAL = 1006
/** What a server may make of one message here. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
/** Of a request that is answered at once, when its body has arrived. */
const SEND_TIMEOUT_MS = 30_000
/** Of one that is held. */
const POLL_TIMEOUT_MS = POLL_HOLD_MS + 5000
/** A server that answers with nothing and at once is not asked more often. */
const LEAST_PAUSE_MS = 1000

/** Connects by long poll. Throws at once where the address cannot be one, or where there is no `fetch` to use. */
export function longPollConnector(options: LongPollConnectorOptions): Connector {
  const url = resolveAddress(options.url, 'http')
  const clock = options.clock ?? createSystemClock()
  const findFetch = (): FetchLike | undefined => options.fetch ?? globalThis.fetch
  if (findFetch() === undefined) {
    throw new TypeError('Expected a global `fetch`, or one as the option `fetch`, got none')
  }
  return {
    kind: 'long-poll',
    connect(listener) {
      // Called as a function: browsers refuse it with another `this`.
      const fetch: FetchLike = (address, init) => (options.fetch ?? globalThis.fetch)(address, init)
      return new LongPollTransport(new PollExchange({ url, fetch, clock }), clock, listener)
    },
  }
}

class LongPollTransport implements Transport {
  readonly kind = 'long-poll'
  readonly compresses = false
  readonly #exchange: PollExchange
  readonly #clock: Clock
  readonly #listener: TransportListener
  readonly #id = globalThis.crypto.getRandomValues(new Uint8Array(POLL_LIMITS.idBytes))
  readonly #outgoing = new PartQueue()
  readonly #incoming: PartAssembly
  /** Aborted with the connection. */
  readonly #ended = new AbortController()
  #state: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting'
  /** Whether the server knows this connection: nothing but its end is sent beside the first request before. */
  #opening: 'not yet' | 'under way' | 'done' = 'not yet'
  /** Present while a request takes parts to the server. */
  #sending: AbortController | undefined
  #isSendDue = false
  #close = { code: ABNORMAL, reason: '' }

  constructor(exchange: PollExchange, clock: Clock, listener: TransportListener) {
    this.#exchange = exchange
    this.#clock = clock
    this.#listener = listener
    this.#incoming = new PartAssembly(MAX_MESSAGE_BYTES, {
      onMessage: (message) => listener.onMessage(message),
      onClose: (code, reason) => this.#closedByServer(code, reason),
    })
    // No request yet: the first one takes along what the listener has to say.
    queueMicrotask(() => {
      if (this.#state !== 'connecting') return
      this.#state = 'open'
      listener.onOpen()
    })
  }

  get backlogBytes(): number {
    return this.#outgoing.backlogBytes
  }

  send(message: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#outgoing.push(message)
    this.#sendSoon()
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') return
    this.#state = 'closing'
    this.#close = { code, reason }
    if (this.#opening === 'not yet' && this.#outgoing.isEmpty) {
      // The server knows of nothing. In a microtask: the driver is inside `close` now.
      queueMicrotask(() => this.#finish(code, reason))
      return
    }
    this.#outgoing.close(code, reason)
    // At once, and with what another request may still bring: the page may be about to end.
    this.#sending?.abort()
    this.#sending = undefined
    this.#send()
  }

  abort(): void {
    this.#finish(ABNORMAL, '')
  }

  /** At the end of this turn: all that is sent in it leaves in one request. */
  #sendSoon(): void {
    if (this.#isSendDue) return
    this.#isSendDue = true
    this.#clock.defer(() => {
      this.#isSendDue = false
      if (this.#state !== 'closed') this.#send()
    })
  }

  #send(): void {
    if (this.#opening === 'not yet') {
      this.#opening = 'under way'
      this.#receiveAll().catch((error: unknown) => this.#fail(error))
    } else if (this.#maySend && this.#sending === undefined && !this.#outgoing.isEmpty) {
      const sending = new AbortController()
      this.#sending = sending
      this.#sendAll(sending.signal).catch((error: unknown) => this.#fail(error))
    }
  }

  /** Its end does not wait for an answer to the beginning: a server that took that in would keep the session. */
  get #maySend(): boolean {
    return this.#opening === 'done' || this.#state === 'closing'
  }

  /** One request after the other, as long as there are parts that the server has not confirmed. */
  async #sendAll(signal: AbortSignal): Promise<void> {
    while (!this.#outgoing.isEmpty) {
      const { acknowledged } = this.#outgoing
      const answer = await this.#exchange.ask({
        body: () => this.#request(PollMode.Send),
        timeoutMs: SEND_TIMEOUT_MS,
        signal,
        keepalive: this.#state === 'closing',
      })
      if (answer === undefined) return
      this.#take(answer)
      if (signal.aborted) return
      // It takes no more: why, the poll will tell.
      if (this.#outgoing.acknowledged === acknowledged) await this.#exchange.pause(LEAST_PAUSE_MS, signal)
    }
    this.#sending = undefined
  }

  async #receiveAll(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      const began = this.#clock.now()
      const taken = this.#incoming.taken
      const answer = await this.#exchange.ask({
        body: (attempt) => this.#request(this.#opening === 'done' || attempt > 0 ? PollMode.Poll : PollMode.Open),
        timeoutMs: POLL_TIMEOUT_MS,
        signal,
      })
      if (answer === undefined) return
      this.#opening = 'done'
      this.#take(answer)
      this.#send()
      const restMs = began + LEAST_PAUSE_MS - this.#clock.now()
      if (this.#incoming.taken === taken && restMs > 0) await this.#exchange.pause(restMs, signal)
    }
  }

  #request(mode: PollMode): Uint8Array {
    // Polls take nothing up, but the first one, however often it is repeated.
    const brings = mode === PollMode.Send || this.#opening !== 'done'
    const batch = brings ? this.#outgoing.takeUnacknowledged() : { seq: 0, parts: [] }
    return encodePollRequest({ ...batch, mode, id: this.#id, ack: this.#incoming.taken })
  }

  #take(body: Uint8Array): void {
    const answer = decodePollAnswer(body)
    const hadBacklog = !this.#outgoing.isEmpty
    if (!this.#outgoing.acknowledge(answer.ack)) throw new PollEnd(`Expected no \`ack\` of what was never sent`)
    // What came too early comes again: it is not confirmed.
    this.#incoming.accept(answer)
    if (this.#outgoing.isEmpty && hadBacklog) this.#drained()
  }

  #drained(): void {
    if (this.#state === 'closing') this.#finish(this.#close.code, this.#close.reason)
    else if (this.#state === 'open') this.#listener.onDrain()
  }

  #closedByServer(code: number, reason: string): void {
    // The last word: the server need not wait any longer.
    this.#exchange.tell(
      encodePollRequest({ mode: PollMode.Send, id: this.#id, seq: 0, parts: [], ack: this.#incoming.taken }),
    )
    this.#finish(code, reason)
  }

  #fail(error: unknown): void {
    // A server that has forgotten a connection has heard that it is closed, or closed it itself.
    if (this.#state === 'closing') this.#finish(this.#close.code, this.#close.reason)
    else {
      const retryAfterMs = error instanceof PollEnd ? error.retryAfterMs : undefined
      this.#finish(ABNORMAL, error instanceof Error ? error.message : '', retryAfterMs)
    }
  }

  #finish(code: number, reason: string, retryAfterMs?: number): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#ended.abort()
    this.#sending?.abort()
    this.#incoming.stop()
    this.#outgoing.clear()
    this.#listener.onClose(code, reason, retryAfterMs)
  }
}
