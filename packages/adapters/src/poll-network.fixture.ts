import { longPollConnector } from '@tautline/client/long-poll'
import type { Transport, TransportListener } from '@tautline/core/io'
import { createRandom, createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import { createLongPoll, type LongPoll, type LongPollOptions, type UpgradeDecision } from '@tautline/server'
import { createEchoAcceptor } from './echo-acceptor.fixture.ts'

/** What the network does to one request. */
export type Fate =
  | 'arrives'
  /** It never arrives. */
  | 'request lost'
  /** It is acted upon, and the client does not hear of it. */
  | 'answer lost'
  /** It arrives, and once more some time later. */
  | 'repeated'
  /** A proxy that cannot reach the server answers. */
  | 'bad gateway'

export interface PollNetworkOptions {
  readonly seed?: number
  /** @default every request arrives */
  readonly fate?: (random: () => number, body: Uint8Array) => Fate
  /** Longest time in either direction. @default 10 */
  readonly maxDelayMs?: number
  readonly longPoll?: LongPollOptions
  readonly maxMessageBytes?: number
  readonly decide?: () => UpgradeDecision | Promise<UpgradeDecision>
  /** The page that the client is. */
  readonly origin?: string
}

/** A client and a server of long polls, joined without HTTP by a network that does what the test says, on a virtual clock. */
export interface PollNetwork {
  readonly clock: VirtualClock
  readonly longPoll: LongPoll
  readonly server: ReturnType<typeof createEchoAcceptor>
  /** Bodies of all requests, in the order of leaving. */
  readonly requests: Uint8Array[]
  connect(): PollClient
  /** Hands one request to the server, past the network. */
  post(body: Uint8Array, headers?: Record<string, string>): Promise<Response>
}

interface PollClient {
  readonly transport: Transport
  readonly messages: Uint8Array[]
  /** `open`, `drain`, `close 1000 reason`. */
  readonly events: string[]
}

export function createPollNetwork(options: PollNetworkOptions = {}): PollNetwork {
  const { seed = 1, fate = () => 'arrives', maxDelayMs = 10, origin } = options
  const clock = createVirtualClock()
  const random = createRandom(seed)
  const server = createEchoAcceptor({
    ...(options.decide === undefined ? {} : { decide: options.decide }),
    ...(options.maxMessageBytes === undefined ? {} : { maxMessageBytes: options.maxMessageBytes }),
  })
  const longPoll = createLongPoll(server, { clock, ...options.longPoll })
  const requests: Uint8Array[] = []

  const delay = (ms = random() * maxDelayMs): Promise<void> =>
    new Promise((resolve) => {
      clock.schedule(clock.now() + ms, resolve)
    })

  async function post(body: Uint8Array, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    const reply = await longPoll.answer({
      upgrade: {
        url: new URL('http://server.example/rpc'),
        headers: new Headers({ host: 'server.example', ...(origin === undefined ? {} : { origin }), ...headers }),
        remoteAddress: '192.0.2.1',
        secure: false,
      },
      body: chunksOf(body),
      signal,
    })
    return new Response(reply.body, { status: reply.status, headers: reply.headers })
  }

  async function travel(body: Uint8Array, signal: AbortSignal | undefined): Promise<Response> {
    requests.push(body)
    const what = fate(random, body)
    await delay()
    if (what === 'request lost') throw new TypeError('network')
    if (what === 'bad gateway') return new Response('nobody there', { status: 502 })
    if (what === 'repeated') {
      void delay(random() * 5000).then(() => post(body))
    }
    const response = await post(body, {}, signal)
    await delay()
    if (what === 'answer lost') throw new TypeError('network')
    return response
  }

  return {
    clock,
    longPoll,
    server,
    requests,
    post,
    connect() {
      const messages: Uint8Array[] = []
      const events: string[] = []
      const listener: TransportListener = {
        onOpen: () => void events.push('open'),
        onMessage: (message) => void messages.push(message),
        onClose: (code, reason) => void events.push(`close ${String(code)} ${reason}`.trimEnd()),
        onDrain: () => void events.push('drain'),
      }
      const connector = longPollConnector({
        url: 'wss://server.example/rpc',
        clock,
        fetch: (_, { body, signal }) => abortable(travel(body as Uint8Array, signal ?? undefined), signal ?? undefined),
      })
      return { transport: connector.connect(listener), messages, events }
    },
  }
}

/** In pieces, as bodies come. */
async function* chunksOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  const half = body.byteLength >> 1
  yield body.subarray(0, half)
  yield body.subarray(half)
}

/** As `fetch`: what comes after the abort is heard by nobody. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true })
    promise.then(resolve, reject)
  })
}
