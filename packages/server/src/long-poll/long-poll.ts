/**
 * Long poll: connections for clients whose network lets no WebSocket pass. Requests become sockets for the same server.
 *
 * Owns: which connection a request belongs to, and who may open one. Must not know: what messages hold, HTTP of a runtime.
 * Normative text: PROTOCOL.md, "Long poll".
 */
import { type Clock, createSystemClock } from '@tautline/core/io'
import {
  decodePollRequest,
  POLL_HOLD_MS,
  POLL_LIMITS,
  POLL_MEDIA_TYPE,
  PollMode,
  type PollRequest,
} from '@tautline/core/long-poll'
import { checkNumber } from '@tautline/core/peer'
import { ProtocolViolation } from '@tautline/core/protocol'
import { headersOf } from '../described-request.ts'
import { toHex } from '../random-bytes.ts'
import type { SocketAcceptor, UpgradeDecision, UpgradeRequest } from '../socket.ts'
import { EndedIds } from './ended-ids.ts'
import { PollConnection } from './poll-connection.ts'
import { type LongPollReply, refuseWith, replyWith } from './poll-reply.ts'
import { readBody } from './read-body.ts'

export interface LongPollOptions {
  /**
   * How long a poll is held while there is nothing to say, in ms, at most 20,000: less than whatever stands between cuts a
   * silent request after. @default 20,000
   */
  readonly holdMs?: number | undefined
  /**
   * Bytes that may wait for one client before it is cut, the last defence of memory behind the server's own `backlog`.
   * @default 64 MiB
   */
  readonly maxWaitingBytes?: number | undefined
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined
}

/** One request, as an adapter has it. */
export interface LongPollRequest {
  readonly upgrade: UpgradeRequest
  /** Read as far as it may go. Ending it early must not end the answer. */
  readonly body: AsyncIterable<Uint8Array> | null
  /** Aborted when the client is gone, where the runtime tells. */
  readonly signal?: AbortSignal | undefined
}

export interface LongPollStats {
  readonly connections: number
  /** Requests that wait for something to say. */
  readonly held: number
}

export interface LongPoll {
  /** Whether a request is one of these, by its method and its `accept` header. Others are not to be handed over. */
  handles(method: string | undefined, accept: string | null | undefined): boolean
  /** Answers a request, after up to `holdMs`. Rejects only for a failure of the server. */
  answer(request: LongPollRequest): Promise<LongPollReply>
  /** Resolves when there are no connections: an adapter that closes must answer requests until then. */
  settled(): Promise<void>
  stats(): LongPollStats
}

type Outcome =
  | { readonly type: 'connected'; readonly connection: PollConnection }
  | { readonly type: 'refused'; readonly refusal: Extract<UpgradeDecision, { readonly accept: false }> }

/** What is known of an id. */
interface Entry {
  /** The page that opened it: no other one has anything to say in it. */
  readonly origin: string | null
  /** Fingerprint of the certificate that opened it: nobody else speaks in its name. */
  readonly certificate: string | undefined
  readonly outcome: Promise<Outcome>
}

const DEFAULT_MAX_WAITING_BYTES = 64 * 1024 * 1024
const AT_LEAST_ONE = { least: 1, most: Number.POSITIVE_INFINITY }

const TOO_LARGE = { status: 413, headers: {}, body: `A body has at most ${POLL_LIMITS.bodyBytes} bytes` }
const TOO_SLOW = { status: 408, headers: {}, body: 'The body did not arrive in time' }
const CUT_OFF = { status: 400, headers: {}, body: 'The body did not arrive' }
const FOREIGN = { status: 403, headers: {}, body: 'Another origin opened this connection' }
const STRANGER = { status: 403, headers: {}, body: 'Another certificate opened this connection' }
const GONE = { status: 410, headers: {}, body: 'No such connection' }

/** Answers long polls for a server. Throws a `TypeError` that names the option for one that cannot work. */
export function createLongPoll(acceptor: SocketAcceptor, options: LongPollOptions = {}): LongPoll {
  return new PollEntrance(acceptor, options)
}

class PollEntrance implements LongPoll {
  readonly #acceptor: SocketAcceptor
  readonly #clock: Clock
  readonly #holdMs: number
  readonly #maxWaitingBytes: number
  readonly #entries = new Map<string, Entry>()
  readonly #connections = new Set<PollConnection>()
  readonly #ended: EndedIds
  /** Of which something else was heard before their first request. Apart from those that have ended, which they could crowd out. */
  readonly #overtaken: EndedIds
  readonly #settling = new Set<() => void>()

  constructor(acceptor: SocketAcceptor, options: LongPollOptions) {
    this.#acceptor = acceptor
    this.#clock = options.clock ?? createSystemClock()
    this.#holdMs = options.holdMs ?? POLL_HOLD_MS
    this.#maxWaitingBytes = options.maxWaitingBytes ?? DEFAULT_MAX_WAITING_BYTES
    this.#ended = new EndedIds(this.#clock)
    this.#overtaken = new EndedIds(this.#clock)
    checkNumber('longPoll.holdMs', this.#holdMs, { least: 1, most: POLL_HOLD_MS })
    checkNumber('longPoll.maxWaitingBytes', this.#maxWaitingBytes, AT_LEAST_ONE)
  }

  handles(method: string | undefined, accept: string | null | undefined): boolean {
    return method === 'POST' && accept?.trim().toLowerCase() === POLL_MEDIA_TYPE
  }

  async answer(request: LongPollRequest): Promise<LongPollReply> {
    const origin = headersOf(request.upgrade).get('origin')
    const body = await readBody(request.body, POLL_LIMITS.bodyBytes, this.#clock).catch(() => undefined)
    if (body?.type === 'too-large') return refuseWith(TOO_LARGE, origin)
    if (body?.type === 'too-slow') return refuseWith(TOO_SLOW, origin)
    if (body === undefined) return refuseWith(CUT_OFF, origin)
    try {
      return await this.#answer(decodePollRequest(body.bytes), request, origin)
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error
      return refuseWith({ status: 400, headers: {}, body: error.message }, origin)
    }
  }

  async settled(): Promise<void> {
    while (this.#entries.size > 0) {
      await new Promise<void>((resolve) => {
        this.#settling.add(resolve)
      })
    }
  }

  stats(): LongPollStats {
    let held = 0
    for (const { isHolding } of this.#connections) if (isHolding) held += 1
    return { connections: this.#connections.size, held }
  }

  async #answer(
    poll: PollRequest,
    { upgrade, signal }: LongPollRequest,
    origin: string | null,
  ): Promise<LongPollReply> {
    const id = toHex(poll.id)
    const entry = this.#entries.get(id) ?? this.#open(id, poll, upgrade)
    if (entry === undefined) return refuseWith(GONE, origin)
    if (entry.origin !== origin) return refuseWith(FOREIGN, origin)
    if (entry.certificate !== upgrade.clientCertificate?.fingerprint256) return refuseWith(STRANGER, origin)
    const outcome = await entry.outcome
    if (outcome.type === 'refused') return refuseWith(outcome.refusal, origin)
    const answer = await outcome.connection.receive(poll, signal)
    return answer === undefined ? refuseWith(GONE, origin) : replyWith(answer, origin)
  }

  /**
   * Only by the first request, which is sent once. Of one that is repeated nobody knows whether it was not heard before: by
   * a server that has forgotten, or by another one. Whoever sent it has gone by what was answered: the end of a client may overtake
   * its beginning, which must not leave a session behind that nobody knows of.
   */
  #open(id: string, { mode, seq }: PollRequest, upgrade: UpgradeRequest): Entry | undefined {
    if (mode !== PollMode.Open || seq !== 1) {
      this.#overtaken.add(id)
      return undefined
    }
    if (this.#ended.has(id) || this.#overtaken.has(id)) return undefined
    // Not before the entry is in its place: see `#forget`.
    const outcome = Promise.resolve().then(() => this.#decide(id, upgrade))
    const entry: Entry = {
      origin: headersOf(upgrade).get('origin'),
      certificate: upgrade.clientCertificate?.fingerprint256,
      outcome,
    }
    this.#entries.set(id, entry)
    return entry
  }

  async #decide(id: string, upgrade: UpgradeRequest): Promise<Outcome> {
    try {
      const decision = await this.#acceptor.decideUpgrade(upgrade)
      if (!decision.accept) {
        this.#forget(id)
        return { type: 'refused', refusal: decision }
      }
      return { type: 'connected', connection: this.#connect(id, upgrade) }
    } catch (error) {
      this.#forget(id)
      throw error
    }
  }

  #connect(id: string, upgrade: UpgradeRequest): PollConnection {
    const connection = new PollConnection({
      clock: this.#clock,
      holdMs: this.#holdMs,
      maxMessageBytes: this.#acceptor.maxMessageBytes,
      maxWaitingBytes: this.#maxWaitingBytes,
      onEnd: () => {
        this.#connections.delete(connection)
        this.#forget(id)
      },
    })
    this.#connections.add(connection)
    connection.start(this.#acceptor.accept(connection, upgrade))
    return connection
  }

  #forget(id: string): void {
    this.#ended.add(id)
    this.#entries.delete(id)
    if (this.#entries.size > 0) return
    for (const resolve of this.#settling) resolve()
    this.#settling.clear()
  }
}
