import type { ContractTree, ProcedureEntry } from '@tautline/core'
import type { Clock } from '@tautline/core/io'
import {
  Caller,
  type ClientCertificate,
  Connection,
  type ConnectionObserver,
  createPackingCodec,
  createProcedureCaller,
  createRemoteInvoker,
  createValueReader,
  type Ending,
  formOf,
  type Implementation,
  type ImplementerScope,
  type KeyedCallOptions,
  type ProcedureCaller,
  type ServedProcedures,
} from '@tautline/core/peer'
import { DEFAULT_LIMITS, type Hello } from '@tautline/core/protocol'
import { type ClientMoves, createClientSession, type Session } from '@tautline/core/session'
import {
  createMemoryNetwork,
  createVirtualClock,
  type MemoryLink,
  type MemoryNetwork,
  RawPeer,
  rawHello,
  type VirtualClock,
} from '@tautline/core/testing'
import { expect, onTestFinished } from 'vitest'
import { createZlibCompressor } from '../../core/src/io/zlib-compressor.ts'
import type { ServerConnectionHandle } from './connection-handle.ts'
import { createServer } from './server.ts'
import type { ErrorContext, ServerOptions } from './server-options.ts'
import type { Server } from './server-types.ts'
import type { ServerSocket, UpgradeRequest } from './socket.ts'

/*
 * A server on a memory network and a virtual clock, with clients that are no more than a session. After each test
 * the server is closed, and nothing may be left of it.
 */

export interface Bench<T extends ContractTree, S extends ImplementerScope> {
  readonly clock: VirtualClock
  readonly network: MemoryNetwork
  readonly server: Server<T, S>
  /** What `onError` was told. */
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[]
  /** Lines of the log, as `warn: …`. */
  readonly lines: string[]
  /** A client that has been welcomed. */
  readonly connect: (options?: TestClientOptions) => Promise<TestClient<T>>
  /** A client that says nothing by itself. */
  readonly connectRaw: (request?: Partial<UpgradeRequest>) => Promise<RawPeer>
  /** Lets everything happen that can happen now, then gives what came of the promise. */
  readonly run: <R>(promise: Promise<R>) => Promise<R>
}

interface TestClientOptions {
  readonly auth?: unknown
  readonly hello?: Partial<Hello>
  readonly serves?: ServedProcedures
  readonly request?: Partial<UpgradeRequest>
  /** Whether it offers compression. @default false */
  readonly compresses?: boolean
}

interface TestClient<T extends ContractTree> {
  readonly api: ProcedureCaller<T, KeyedCallOptions>
  readonly caller: Caller
  readonly link: MemoryLink
  /** Events that arrived: name, params, payload. */
  readonly events: (readonly [event: number | string, params: unknown, payload: unknown])[]
  readonly endings: Ending[]
  /** Listens; resolves when accepted, rejects with the code of a refusal. */
  listen(event: string, params?: unknown): { readonly accepted: Promise<void>; readonly cancel: () => void }
  refreshAuth(auth: unknown): void
  close(): void
}

/** How the sockets of a bench are read. */
interface SocketManner {
  /** Messages that still come once reading has stopped, as those which were read already; `false`: it cannot stop. @default 0 */
  readonly readAhead?: number | false
}

const codec = createPackingCodec()

export function createBench<T extends ContractTree, S extends ImplementerScope>(
  implementation: Implementation<T, S>,
  options: ServerOptions<S['context'], S['calls']> = {},
  sockets: SocketManner = {},
): Bench<T, S> {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({ clock })
  const errors: Bench<T, S>['errors'] = []
  const lines: string[] = []
  const server = createServer(implementation, {
    clock,
    // Where a test is not about sessions that outlive connections, the end of the one is that of the other.
    resume: false,
    onError: (error, context) => void errors.push({ error, context }),
    log: {
      info: (line) => void lines.push(`info: ${line}`),
      warn: (line) => void lines.push(`warn: ${line}`),
      error: (line) => void lines.push(`error: ${line}`),
    },
    ...options,
  })
  let request = upgradeRequest()
  network.listen((transport) => {
    const reading = createReading(sockets.readAhead ?? 0, (message) => listener.message(message))
    const socket: ServerSocket = {
      compresses: false,
      get backlogBytes() {
        return transport.backlogBytes
      },
      send(message) {
        transport.send(message)
        return true
      },
      close: (code, reason) => transport.close(code, reason),
      terminate: () => transport.abort?.(),
      ...(sockets.readAhead === false ? {} : { pauseReading: (paused) => reading.pause(paused) }),
    }
    const listener = server.accept(socket, request)
    return {
      onOpen() {},
      onMessage: (message) => reading.message(message),
      onDrain: () => listener.drained(),
      onClose: (code, reason) => listener.closed(code, reason),
    }
  })
  const run = async <R>(promise: Promise<R>): Promise<R> => {
    promise.catch(() => {})
    await clock.settle()
    return promise
  }
  onTestFinished(async () => {
    const closed = server.close({ drainMs: 1 })
    await clock.advanceAsync(10_000)
    await closed
    const { limited: _, ...left } = server.stats()
    expect(Object.values(left)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(clock.pending).toBe(0)
  })
  return {
    clock,
    network,
    server,
    errors,
    lines,
    run,
    async connect(clientOptions = {}) {
      request = upgradeRequest(clientOptions.request)
      const client = createTestClient(implementation, { clock, network, ...clientOptions })
      await clock.settle()
      return client
    },
    async connectRaw(overrides) {
      request = upgradeRequest(overrides)
      const peer = new RawPeer()
      await run(peer.connect(network.connector))
      return peer
    },
  }
}

/** What a system keeps for a reader that pauses. */
function createReading(readAhead: number | false, deliver: (message: Uint8Array) => void) {
  let kept: Uint8Array[] = []
  let left = Number.POSITIVE_INFINITY
  return {
    message(message: Uint8Array): void {
      if (left > 0) {
        left -= 1
        deliver(message)
      } else {
        // Memory that others share.
        kept.push(message.slice())
      }
    },
    pause(paused: boolean): void {
      left = paused ? Number(readAhead) : Number.POSITIVE_INFINITY
      const messages = kept
      kept = []
      if (!paused) for (const message of messages) this.message(message)
    },
  }
}

export function upgradeRequest(overrides: Partial<UpgradeRequest> = {}): UpgradeRequest {
  return {
    url: new URL('ws://server.example/rpc'),
    headers: new Headers({ host: 'server.example' }),
    remoteAddress: '192.0.2.1',
    secure: false,
    ...overrides,
  }
}

function createTestClient<T extends ContractTree>(
  implementation: Implementation<T>,
  options: TestClientOptions & { readonly clock: Clock; readonly network: MemoryNetwork },
): TestClient<T> {
  const { auth, hello, serves, clock, network, compresses = false } = options
  const events: TestClient<T>['events'] = []
  const endings: Ending[] = []
  const compressor = compresses ? createZlibCompressor() : undefined
  const { procedures, hash: contractHash } = implementation['~contract']
  let sharesContract = false
  const session = createClientSession({
    limits: DEFAULT_LIMITS,
    createIncoming: serves?.['~createIncoming'],
    hello: rawHello({
      auth: auth === undefined ? undefined : codec.encode(auth),
      contractHash,
      servesHash: serves?.['~contract'].hash,
      compression: compressor === undefined ? [] : [compressor.algorithm],
      ...hello,
    }),
  })
  const observer: ConnectionObserver = {
    onOpen: () => link.move((moved, now) => moved.opened(now)),
    onHandshake: (effect) => {
      sharesContract = effect.type === 'welcome' && effect.welcome.contractHash === contractHash
    },
    onLinkEffect() {},
    onDetached: (ending) => void endings.push(ending),
    onLost: (ending) => void endings.push(ending),
    onClosed() {},
    onFault(error) {
      throw error
    },
  }
  const settings = { clock, limits: DEFAULT_LIMITS, compressor }
  const link: Connection<Session & ClientMoves> = new Connection(session, observer, settings)
  const reader = createValueReader(codec, false)
  const caller = new Caller(link, (event, params, payload) => {
    const schema = typeof event === 'number' ? procedures[event]?.def.payload : undefined
    const form = formOf(event)
    events.push([event, reader.read(params, { schema, form: 'plain' }), reader.read(payload, { schema, form })])
  })
  const callee = serves?.['~createDispatcher'](serves, {
    link,
    connection: { id: 'server', remoteAddress: undefined, client: {}, close() {}, terminate() {} },
    context: {},
    auth: undefined,
    setting: {
      codec,
      onError({ error }) {
        throw error
      },
      createErrorId: () => 'client-error',
      now: () => clock.now(),
    },
  })
  link.start({
    connector: network.connector,
    caller,
    callee: callee ?? { onCalleeEffect() {}, onRoom() {}, onLost() {} },
  })
  const memoryLink = network.links.at(-1)
  if (memoryLink === undefined) throw new Error('Expected a link')
  // The implementation was made from this very router.
  const api = implementation['~api'] as T
  const refOf = ({ index, path }: ProcedureEntry): number | string => (sharesContract ? index : path)
  const invoker = createRemoteInvoker({ caller, codec, refOf, validates: false })
  return {
    api: createProcedureCaller(api, invoker),
    caller,
    link: memoryLink,
    events,
    endings,
    listen(event, params) {
      let id = 0
      const accepted = new Promise<void>((resolve, reject) => {
        id = caller.listen(
          { event, params: params === undefined ? undefined : codec.encode(params) },
          {
            accepted: resolve,
            error: (code) => reject(new Error(code)),
            timeout: () => reject(new Error('timeout')),
            lost: () => reject(new Error('lost')),
          },
        )
      })
      accepted.catch(() => {})
      return { accepted, cancel: () => caller.cancel(id) }
    },
    refreshAuth: (fresh) => link.move((moved, now) => moved.refreshAuth(codec.encode(fresh), now)),
    close: () => link.close(1000, '', false),
  }
}

/** A handler's wait that ends with its signal only. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })
}

/** The only accepted connection of a bench. */
export function onlyConnection<T extends ContractTree, S extends ImplementerScope>(
  bench: Bench<T, S>,
): ServerConnectionHandle<S['context'], S['calls']> {
  const [connection, ...others] = [...bench.server.connections]
  if (connection === undefined || others.length > 0) throw new Error('Expected one connection')
  return connection
}

/** One that names nobody but itself. */
export function clientCertificate(name: string): ClientCertificate {
  return {
    subject: { CN: name },
    issuer: { CN: 'devices' },
    subjectAltName: undefined,
    fingerprint256: `fingerprint of ${name}`,
    serialNumber: '01',
    validToMs: 1_900_000_000_000,
    raw: Uint8Array.of(0x30),
  }
}
