/**
 * A server made of the core's own pieces on a virtual network: no more than what tests of a client need, and every
 * decision in their hands.
 */
import { entryOf, isProcedure } from '@tautline/core'
import { type Compressor, SharedFrame, type TransportListener } from '@tautline/core/io'
import {
  Caller,
  Connection,
  type ConnectionObserver,
  createMemoryResultStore,
  createPackingCodec,
  createVolatileEvents,
  type Dispatcher,
  type Ending,
  encodeCanonically,
  formOf,
  KeyedRuns,
  type ServedProcedures,
  shareValue,
} from '@tautline/core/peer'
import {
  DEFAULT_LIMITS,
  FrameType,
  type Hello,
  type Limits,
  type Payload,
  PROTOCOL_VERSION,
  type ProcedureRef,
  payloadKey,
} from '@tautline/core/protocol'
import { createServerSession, type ServerDecisions, type Session } from '@tautline/core/session'
import { createMemoryNetwork, type MemoryLink, type MemoryNetwork, type VirtualClock } from '@tautline/core/testing'

export interface TestServerOptions {
  readonly clock: VirtualClock
  readonly implementation: ServedProcedures
  readonly limits?: Partial<Limits>
  readonly compressor?: Compressor
  /** In place of that of the implementation. */
  readonly contractHash?: string
  readonly latencyMs?: number
}

/** What to answer to a HELLO. `silent`: nothing. */
type HelloDecision = 'accept' | 'silent' | { readonly code: number; readonly reason: string; readonly retry: boolean }

interface TestConnection {
  readonly link: MemoryLink
  readonly driver: Connection<Session & ServerDecisions>
  /** Calls what the client serves. */
  readonly caller: Caller
  readonly hello: Hello | undefined
  /** As HELLO brought it. */
  readonly auth: unknown
  /** As the latest AUTH brought it. */
  readonly refreshedAuth: unknown
  readonly dispatcher: Dispatcher | undefined
  /** Why it ended, once it has. */
  readonly ending: Ending | undefined
  /** What calls have named, in order. */
  readonly asked: readonly ProcedureRef[]
  accept(): void
}

export interface TestServer {
  readonly network: MemoryNetwork
  /** All there ever were, oldest first. */
  readonly connections: readonly TestConnection[]
  /** The latest one. */
  readonly latest: TestConnection
  /** Topics that somebody listens to. */
  readonly topics: number
  decide: (hello: Hello, attempt: number) => HelloDecision
  publish(event: object, params: unknown, payload: unknown): void
}

const HEARTBEAT = { idleMs: 20_000, timeoutMs: 10_000 }

export function createTestServer(options: TestServerOptions): TestServer {
  const { clock, implementation, compressor, latencyMs = 1 } = options
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits }
  const contractHash = options.contractHash ?? implementation['~contract'].hash
  const codec = createPackingCodec()
  const network = createMemoryNetwork({ clock, latencyMs })
  const connections: ServedConnection[] = []
  const listeners = new Map<string, Set<ServedConnection>>()
  const keyedRuns = new KeyedRuns({
    store: createMemoryResultStore({ clock }),
    codec,
    clock,
    createOwner: () => 'test',
    maxUnattended: limits.calls,
    onSettled() {},
  })
  const keyOf = (path: string, key: string): string => `${path} ${key}`

  class ServedConnection implements TestConnection {
    readonly driver: Connection<Session & ServerDecisions>
    readonly caller: Caller
    readonly link: MemoryLink
    hello: Hello | undefined
    refreshedAuth: unknown
    dispatcher: Dispatcher | undefined
    ending: Ending | undefined
    readonly asked: ProcedureRef[] = []

    constructor(link: MemoryLink) {
      this.link = link
      const session = createServerSession({ limits, now: clock.now() })
      const observer: ConnectionObserver = {
        onOpen() {},
        onHandshake: (effect) => {
          if (effect.type === 'hello') this.#onHello(effect.hello)
          if (effect.type === 'auth') this.#onAuth(effect.auth)
        },
        onLinkEffect() {},
        onDetached() {},
        onLost: (ending) => {
          this.ending = ending
        },
        onClosed() {},
        onFault(error) {
          throw error
        },
      }
      const createVolatile = createVolatileEvents
      this.driver = new Connection(session, observer, { clock, limits, compressor, createVolatile })
      this.caller = new Caller(this.driver, () => {})
    }

    listen(transport: Parameters<Connection<Session>['accept']>[0]): TransportListener {
      return this.driver.accept(transport, {
        caller: this.caller,
        callee: {
          onCalleeEffect: (effect) => {
            if (effect.type === 'call') this.asked.push(effect.procedure)
            this.dispatcher?.onCalleeEffect(effect)
          },
          onRoom: () => this.dispatcher?.onRoom(),
          onLost: () => this.dispatcher?.onLost(),
        },
      })
    }

    accept(): void {
      this.dispatcher = this.#createDispatcher()
      const algorithm = compressor?.algorithm
      this.driver.move((session, now) =>
        session.accept(
          {
            version: PROTOCOL_VERSION,
            sid: `s${connections.indexOf(this)}`,
            token: new Uint8Array(32),
            gen: 1,
            resumed: false,
            reason: undefined,
            rx: 0,
            heartbeat: HEARTBEAT,
            resumeWindowMs: 0,
            limits,
            compression: algorithm === undefined ? undefined : { algorithm, thresholdBytes: 256 },
            contractHash,
            servesHash: undefined,
            authExpiresInMs: undefined,
            server: 'test',
          },
          now,
        ),
      )
    }

    get auth(): unknown {
      const auth = this.hello?.auth
      return auth === undefined ? undefined : codec.decode(auth)
    }

    #onAuth(auth: Payload): void {
      this.refreshedAuth = codec.decode(auth)
      this.driver.move((session, now) => session.authAccepted(undefined, now))
    }

    #onHello(hello: Hello): void {
      this.hello = hello
      const decision = server.decide(hello, connections.length)
      if (decision === 'accept') this.accept()
      else if (decision !== 'silent') {
        this.driver.move((session, now) => session.refuse(decision.code, decision.reason, decision.retry, now))
      }
    }

    #createDispatcher(): Dispatcher {
      return implementation['~createDispatcher'](implementation, {
        link: this.driver,
        connection: { id: 'client', remoteAddress: undefined, client: {}, close() {}, terminate() {} },
        context: {},
        auth: this.auth,
        keyed: { runs: keyedRuns, principal: 'ada' },
        topics: {
          listen: (_id, entry, params) => {
            const key = keyOf(entry.path, params === undefined ? '' : payloadKey(params))
            const set = listeners.get(key) ?? new Set()
            listeners.set(key, set.add(this))
            return () => {
              set.delete(this)
              if (set.size === 0) listeners.delete(key)
            }
          },
        },
        setting: {
          codec,
          onError: ({ error }) => {
            throw error
          },
          createErrorId: () => 'error-id',
          now: () => clock.now(),
        },
      })
    }
  }

  network.listen((transport, link) => {
    const connection = new ServedConnection(link)
    connections.push(connection)
    return connection.listen(transport)
  })

  const server: TestServer = {
    network,
    connections,
    get latest() {
      const latest = connections.at(-1)
      if (latest === undefined) throw new Error('Expected a connection, got none')
      return latest
    },
    get topics() {
      return listeners.size
    },
    decide: () => 'accept',
    publish(event, params, payload) {
      if (!isProcedure(event)) throw new Error('Expected an event of a contract')
      const { path, index } = entryOf(event)
      const encoded = encodeCanonically(codec, params)
      const shared = shareValue(codec, event['~def'].payload, payload)
      for (const connection of listeners.get(keyOf(path, encoded === undefined ? '' : payloadKey(encoded))) ?? []) {
        const sharesContract = connection.hello?.contractHash === contractHash
        const ref = sharesContract ? index : path
        const told = { event: ref, params: encoded, payload: shared.payload(formOf(ref)) }
        const frame = event['~def'].volatile
          ? ({ ...told, type: FrameType.VolatileEvent, key: undefined } as const)
          : ({ ...told, type: FrameType.Event } as const)
        connection.driver.publish(new SharedFrame(frame, true))
      }
    },
  }
  return server
}
