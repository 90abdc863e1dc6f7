/** One server of a schedule, in a process of its own. */
import { createRandom, type MemoryNetwork } from '@tautline/core/testing'
import {
  createServer,
  type Server,
  type ServerOptions,
  type ServerSocket,
  type SessionEvent,
  type UpgradeRequest,
} from '@tautline/server'
import { createServerHandlers, type Visitor } from './handlers.ts'
import type { Setup } from './schedule.ts'
import { api, type clientApi, padOf } from './simulated-api.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

export interface Confirm {
  readonly client: number
  readonly n: number
  readonly waitMs: number
  readonly timeoutMs: number | undefined
}

const REQUEST: UpgradeRequest = {
  url: new URL('ws://server.example/'),
  headers: new Headers({ host: 'server.example' }),
  remoteAddress: '192.0.2.1',
  secure: false,
}

export class SimulatedServer {
  readonly id: number
  readonly name: string
  readonly process: SimulatedProcess
  readonly #world: World
  readonly #server: Server<typeof api, { context: Visitor; calls: typeof clientApi }>
  readonly #published = new Map<number, number>()
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(world: World, id: number) {
    const { clock, afterTask, desk, referee, door, setup, random } = world
    this.id = id
    this.name = `server ${id}`
    this.#world = world
    this.process = new SimulatedProcess({ world: clock, name: this.name, afterTask })
    const handlers = createServerHandlers({ clock: this.process.clock, desk, referee, door })
    this.#server = createServer(handlers, {
      ...optionsOf(setup),
      clock: this.process.clock,
      log: false,
      randomBytes: bytesFrom(Math.floor(random() * 2 ** 32)),
      principalOf: ({ client }) => `client ${client}`,
      onError: (error) => this.#onError(error),
      onSession: (event) => this.#onSession(event),
    })
  }

  get stats(): ReturnType<Server<typeof api>['stats']> {
    return this.#server.stats()
  }

  /** Whether it is gone, one way or the other. */
  get isGone(): boolean {
    return this.#state === 'closed' || this.process.isDead
  }

  get isOpen(): boolean {
    return this.#state === 'open' && !this.process.isDead
  }

  /** How many events of a topic it has told of. */
  published(topic: number): number {
    return this.#published.get(topic) ?? 0
  }

  /** Takes the connections of a network from now on. */
  serveOn(network: MemoryNetwork, kind: 'websocket' | 'long-poll'): void {
    network.listen((link) => {
      const transport = this.process.transport(link)
      const socket: ServerSocket = {
        compresses: false,
        kind,
        get backlogBytes() {
          return transport.backlogBytes
        },
        send(message) {
          transport.send(message)
          return true
        },
        close: (code, reason) => transport.close(code, reason),
        terminate: () => transport.abort?.(),
      }
      // One that sleeps knows of its sockets only later; what comes over them waits as well.
      let listener: ReturnType<typeof this.accept> | undefined
      this.process.run(() => {
        listener = this.accept(socket)
      })
      return this.process.listen({
        onOpen() {},
        onMessage: (message) => listener?.message(message),
        onDrain: () => listener?.drained(),
        onClose: (code, reason) => listener?.closed(code, reason),
      })
    })
  }

  accept(socket: ServerSocket): ReturnType<Server<typeof api>['accept']> {
    return this.#server.accept(socket, REQUEST)
  }

  publish(topic: number, times: number, bytes: number): void {
    for (let rest = times; rest > 0; rest--) {
      const n = this.published(topic) + 1
      this.#published.set(topic, n)
      this.#server.publish(api.tick, { topic }, { server: this.id, n, pad: padOf(bytes, n) })
    }
  }

  /** Calls a client, where that one has a session here. */
  confirm({ client, n, waitMs, timeoutMs }: Confirm): void {
    const { desk, referee } = this.#world
    const handle = [...this.#server.connections].find(({ context }) => context.client === client)
    if (handle === undefined) return
    const began = this.#world.clock.now()
    desk.ask(n, 'confirm', this.name)
    referee.note(this.name, `confirm ${n} at client ${client}`)
    handle.client.confirm({ n, client, waitMs, pad: padOf(0, n) }, { timeoutMs }).then(
      () => desk.succeeded(n),
      (error: unknown) => this.#confirmFailed({ client, n, began }, error),
    )
  }

  /** In good order. */
  async close(drainMs: number): Promise<void> {
    const { referee, book, clock } = this.#world
    if (this.#state !== 'open' || this.process.isDead) return
    this.#state = 'closing'
    book.serverGoes(this.id)
    const began = clock.now()
    await this.#server.close({ drainMs })
    this.#state = 'closed'
    const tookMs = clock.now() - began
    referee.note(this.name, `closed after ${Math.round(tookMs)} ms`)
    const mostMs = drainMs + CLOSE_MS + this.process.excusedMs + this.process.latenessMs
    if (tookMs > mostMs) referee.accuse('I3', `${this.name} took ${tookMs} ms to close, expected ${mostMs} at most`)
    const { limited: _, ...now } = this.stats
    const left = Object.entries(now).filter(([, count]) => count !== 0)
    if (left.length > 0)
      referee.accuse('I7', `${this.name} is closed and has ${JSON.stringify(Object.fromEntries(left))}`)
  }

  die(): void {
    this.#world.book.serverDied(this.id)
    this.#world.desk.forget(this.name)
    this.process.kill()
  }

  /** What must hold at each step. */
  check(): void {
    if (this.isGone) return
    const { referee, setup } = this.#world
    const { detached, detachedBytes, sessions, connections, running, outgoing } = this.stats
    if (detached > setup.maxDetached)
      referee.accuse('I5', `${detached} sessions wait at ${this.name}, at most ${setup.maxDetached} may`)
    if (detachedBytes > setup.maxDetachedBytes) {
      referee.accuse(
        'I5',
        `${this.name} keeps ${detachedBytes} bytes for those that wait, at most ${setup.maxDetachedBytes} may be`,
      )
    }
    if (detached > sessions) referee.accuse('I6', `${detached} of ${sessions} sessions wait at ${this.name}`)
    if (Math.min(detached, detachedBytes, sessions, connections, running, outgoing) < 0) {
      referee.accuse('I5', `${this.name} counts below zero: ${JSON.stringify(this.stats)}`)
    }
  }

  #confirmFailed(
    { client, n, began }: { readonly client: number; readonly n: number; readonly began: number },
    error: unknown,
  ): void {
    const { desk, referee, book } = this.#world
    const code = desk.failed(n, error)
    const isOver = code === 'CONNECTION_LOST' && (book.hasLost(client, began) || book.isClosed(client))
    if (!isOver && code !== 'TIMEOUT' && code !== 'LIMIT_EXCEEDED') {
      referee.accuse('session lost', `confirm ${n} at client ${client} failed with ${code}`)
    }
  }

  #onSession(event: SessionEvent<Visitor, typeof clientApi>): void {
    const { referee, book } = this.#world
    const { type, connection, ...details } = event
    referee.note(
      this.name,
      `session ${connection.id} of client ${connection.context.client} ${type} ${JSON.stringify(details)}`,
    )
    book.onSession(this.id, connection.context.client, event)
  }

  #onError(error: unknown): void {
    if (!this.process.isDead) this.#world.referee.accuse('fault', `${this.name} reports ${describeError(error)}`)
  }
}

/** Of sockets, behind the drain. */
const CLOSE_MS = 3_100

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function optionsOf(
  setup: Setup,
): Pick<ServerOptions<Visitor, typeof clientApi>, 'resume' | 'limits' | 'backlog' | 'heartbeat' | 'compression'> {
  return {
    resume: {
      windowMs: setup.windowMs,
      bytes: setup.windowBytes,
      frames: setup.windowFrames,
      maxDetached: setup.maxDetached,
      maxDetachedBytes: setup.maxDetachedBytes,
    },
    limits: { calls: setup.places, streams: setup.places, streamItems: setup.streamItems },
    backlog: { maxBytes: setup.backlogBytes },
    heartbeat: { idleMs: setup.idleMs, timeoutMs: setup.idleMs / 2 },
    compression: setup.compression === 'on' && { thresholdBytes: 64 },
  }
}

/** The same for the same seed, as nothing secret depends on them here. */
function bytesFrom(seed: number): (length: number) => Uint8Array<ArrayBuffer> {
  const random = createRandom(seed)
  return (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256))
}
