import { type ContractTree, contractOf } from '@tautline/core'
import { type Connector, createPlatformCompressor, createSystemClock } from '@tautline/core/io'
import {
  checkCallOptions,
  checkNumber,
  createPackingCodec,
  createValueReader,
  numberOptions,
} from '@tautline/core/peer'
import { DEFAULT_LIMITS } from '@tautline/core/protocol'
import { createGroup } from './client-group.ts'
import {
  type ClientBehaviour,
  type ClientOptions,
  type ClientTarget,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_QUEUE_LIMITS,
  MOST_MESSAGE_BYTES,
  type TransportName,
} from './client-options.ts'
import type { Client } from './client-types.ts'
import type { ConnectionSetup } from './connection.ts'
import { createControl } from './create-control.ts'
import { Intents } from './intents.ts'
import type { Line } from './line.ts'
import { Reconnector } from './reconnector.ts'
import { Topics } from './topics.ts'
import { lazyConnector } from './transports/lazy.ts'
import { webSocketConnector } from './transports/websocket.ts'

const FROM_0 = { least: 0, most: Number.POSITIVE_INFINITY }
const FROM_1 = { ...FROM_0, least: 1 }

/**
 * Makes a client of an API and, unless it is `lazy`, begins to connect. The client has the members of the contract;
 * everything about the line itself is under `$`.
 *
 * Throws a `TypeError` where `api` is not what `router` or `outline` returned, and for options that cannot work.
 */
export function createClient<T extends ContractTree>(api: T, options: ClientOptions): Client<T> {
  const contract = contractOf(api)
  const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options
  checkNumber('connectTimeoutMs', connectTimeoutMs, FROM_1)
  checkCallOptions({ timeoutMs: options.timeoutMs })
  const clock = options.clock ?? createSystemClock()
  const codec = createPackingCodec()
  const report = createReporter(options.onError)
  const queue = numberOptions(DEFAULT_QUEUE_LIMITS, options.offlineQueue, { name: 'offlineQueue', ...FROM_0 })
  const intents = new Intents(clock, queue, () => reconnector.start())
  const reader = createValueReader(codec, options.validate === true)
  const line: Line = { clock, codec, reader, intents, timeoutMs: options.timeoutMs, observer: options.observer, report }
  const topics = new Topics(line, contract)
  const group = createGroup(api, { line, topics })
  const reconnector = new Reconnector({
    setup: {
      clock,
      codec,
      limits: numberOptions(DEFAULT_LIMITS, options.limits, { name: 'limits', ...FROM_1 }),
      mostReceived: mostReceived(options.limits),
      compressor: options.compression === false ? undefined : (options.compression ?? createPlatformCompressor()),
      auth: options.auth,
      contract,
      served: options.serves,
      observer: options.observer,
      client: group,
      name: options.name ?? 'tautline',
      connectTimeoutMs,
    },
    connectors: connectorsFor(options),
    reconnect: options.reconnect,
    random: options.random ?? Math.random,
    intents,
    onEvent: (event, params, payload) => topics.receive({ event, params, payload }),
    report,
  })
  const control = createControl(reconnector, line, options)
  if (options.lazy !== true) reconnector.start()
  // The members were made from the same contract as the type.
  return Object.freeze({ ...group, $: control }) as Client<T>
}

function mostReceived(limits: ClientBehaviour['limits'] = {}): ConnectionSetup['mostReceived'] {
  const { messageBytes = MOST_MESSAGE_BYTES, inflatedBytes = MOST_MESSAGE_BYTES, framesPerMessage } = limits
  return { messageBytes, inflatedBytes, framesPerMessage }
}

const DEFAULT_TRANSPORTS = ['websocket', 'long-poll'] as const satisfies readonly TransportName[]

function connectorsFor(target: ClientTarget): readonly [Connector, ...Connector[]] {
  if (target.connector !== undefined) return isList(target.connector) ? target.connector : [target.connector]
  const { url, WebSocket, transports = DEFAULT_TRANSPORTS } = target
  // Throws for an address that is none, whichever transport will be used.
  const create: Readonly<Record<TransportName, () => Connector>> = {
    websocket: () => webSocketConnector({ url, WebSocket }),
    'long-poll': () =>
      lazyConnector('long-poll', async () => (await import('./transports/long-poll.ts')).longPollConnector({ url })),
  }
  const [first, ...others] = transports.map((name) => {
    if (Object.hasOwn(create, name)) return create[name]()
    throw new TypeError(`Expected \`transports\` to hold 'websocket' or 'long-poll', got \`${name}\``)
  })
  if (first === undefined) throw new TypeError('Expected `transports` to name at least one, got none')
  return [first, ...others]
}

function isList(connector: NonNullable<ClientTarget['connector']>): connector is readonly [Connector, ...Connector[]] {
  return Array.isArray(connector)
}

function createReporter(onError: ClientBehaviour['onError']): (error: unknown) => void {
  return (error) => {
    try {
      // Not the error itself: what consoles show of it holds causes and data, and those what was sent.
      if (onError === undefined) globalThis.console.error(String(error), (error as Partial<Error> | undefined)?.stack)
      else onError(error)
    } catch {
      // The application's own reporter fails: there is nobody left to tell.
    }
  }
}
