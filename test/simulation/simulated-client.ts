/** One client of a schedule, in a process of its own, on networks of its own. */
import { createClient, type PageSignal } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import type { Connector } from '@tautline/core/io'
import { createMemoryNetwork, createRandom, type MemoryLink, type MemoryNetwork } from '@tautline/core/testing'
import type { ClientBench } from './client-bench.ts'
import { makeCall } from './client-calls.ts'
import { readCount, readLive, upload } from './client-streams.ts'
import { ClientTopics } from './client-topics.ts'
import { DialWatch } from './dial-watch.ts'
import { createClientHandlers } from './handlers.ts'
import type { ApplicationStep, Break } from './schedule.ts'
import { api } from './simulated-api.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { describeError, type SimulatedServer } from './simulated-server.ts'
import type { World } from './world.ts'

/** Of a client with two transports, preferred first. */
const KINDS = ['websocket', 'long-poll'] as const

export class SimulatedClient {
  readonly id: number
  readonly name: string
  readonly process: SimulatedProcess
  readonly networks: readonly MemoryNetwork[]
  readonly #world: World
  readonly #bench: ClientBench
  readonly #topics: ClientTopics
  readonly #dials: DialWatch
  #signal: (signal: PageSignal) => void = () => {}
  #nextBreak: Break | undefined
  #closed: 'no' | 'closing' | 'closed' = 'no'
  #reading = 0

  constructor(world: World, id: number) {
    const { clock, afterTask, random, setup, desk } = world
    this.id = id
    this.name = `client ${id}`
    this.#world = world
    this.process = new SimulatedProcess({ world: clock, name: this.name, afterTask })
    this.#dials = new DialWatch(clock, world.referee, { who: this.name, maxPauseMs: setup.maxPauseMs })
    const { latencyMs, jitterMs } = setup
    this.networks = KINDS.slice(0, setup.transports).map(() =>
      createMemoryNetwork({ clock, latencyMs, jitterMs, seed: Math.floor(random() * 2 ** 32) }),
    )
    const [first, ...others] = this.networks.map((network, index) =>
      this.#connectorOf(network, KINDS[index] ?? 'memory'),
    )
    if (first === undefined) throw new Error('Expected a client to have a network')
    const client = createClient(api, {
      connector: [first, ...others],
      clock: this.process.clock,
      random: createRandom(Math.floor(random() * 2 ** 32)),
      auth: () => id,
      serves: createClientHandlers({ clock: this.process.clock, desk }),
      validate: true,
      reconnect: { maxMs: setup.maxPauseMs },
      offlineQueue: { calls: setup.queuedCalls },
      ...(setup.compression === 'off' && { compression: false }),
      pageSignals: (listener) => {
        this.#signal = listener
        return () => {}
      },
      onError: (error) => this.#onError(error),
      onStatus: (status) => this.#onStatus(status),
    })
    this.#bench = { world, id, name: this.name, process: this.process, client }
    this.#topics = new ClientTopics(this.#bench)
  }

  get state(): 'no' | 'closing' | 'closed' {
    return this.#closed
  }

  /** Whether nothing more is to be expected of it. */
  get isQuiet(): boolean {
    const { $ } = this.#bench.client
    const { status } = $
    const [link, ...others] = this.links
    const isSound = others.length === 0 && link?.up.mode === 'flowing' && link.down.mode === 'flowing'
    const isThere = status.state === 'connected' && status.transport === KINDS[0] && isSound
    return this.#closed === 'closed' || (isThere && this.#reading === 0 && $.stats().queued === 0)
  }

  /** Links that are not closed at both ends, of all networks. */
  get links(): readonly MemoryLink[] {
    return this.networks.flatMap(({ links }) => links)
  }

  /** The one that was opened last, which is most likely the one in use. */
  get lastLink(): MemoryLink | undefined {
    return this.networks.flatMap(({ links }) => links.slice(-1)).at(-1)
  }

  /** Does a step of the application when its process runs. */
  do(step: ApplicationStep): void {
    this.process.run(() => {
      if (this.#closed === 'no') this.#doNow(step)
    })
  }

  /** @param how `undefined`: it holds after all */
  breakNextLink(how: Break | undefined): void {
    this.#nextBreak = how
  }

  /** Connects again where it has given up. */
  goOn(): void {
    const { client } = this.#bench
    if (client.$.status.state === 'suspended') this.#do(() => client.$.reconnect())
  }

  /** The platform takes back that there is no network. */
  goOnline(): void {
    this.#do(() => this.#signal('online'))
  }

  /** Whether it has all events that this server has told of. */
  hasHeard(server: SimulatedServer): boolean {
    return this.#topics.hasHeard(server)
  }

  judgeTopics(server: SimulatedServer): void {
    if (this.#closed === 'no') this.#topics.judge(server)
  }

  /** Nothing may be under way any more but what has no end. */
  judgeIdle(): void {
    const { referee } = this.#world
    const { $ } = this.#bench.client
    if (this.#closed !== 'no') return
    const { state, reason } = $.status
    if (state !== 'connected') referee.accuse('session lost', `${this.name} is ${state} (${reason}) though all is well`)
    if (this.#reading > 0) referee.accuse('I3', `${this.#reading} streams of ${this.name} do not end`)
    if ($.stats().queued > 0) referee.accuse('I3', `${$.stats().queued} of ${this.name} wait though it is connected`)
  }

  judgeClosed(): void {
    const { referee } = this.#world
    const { $ } = this.#bench.client
    if (this.#closed !== 'closed') referee.accuse('I3', `${this.name} does not close`)
    const { inFlight, queued } = $.stats()
    if (inFlight > 0 || queued > 0)
      referee.accuse('I7', `${this.name} is closed and has ${inFlight} in flight, ${queued} queued`)
    if (this.process.pending > 0) referee.accuse('I7', `${this.process.pending} timers of ${this.name} are left`)
    if (this.links.length > 0) referee.accuse('I7', `${this.links.length} links of ${this.name} are left`)
  }

  close(): void {
    this.#do(() => {
      if (this.#closed !== 'no') return
      this.#closed = 'closing'
      this.#world.book.closed(this.id)
      this.#bench.client.$.close().then(
        () => {
          this.#closed = 'closed'
          this.#world.referee.note(this.name, 'closed')
        },
        (error: unknown) => this.#world.referee.accuse('fault', `${this.name} does not close: ${describeError(error)}`),
      )
    })
  }

  #doNow(step: ApplicationStep): void {
    const { client } = this.#bench
    switch (step.type) {
      case 'call':
        return makeCall(this.#bench, step)
      case 'count':
        return this.#read(readCount(this.#bench, step))
      case 'live':
        return this.#read(readLive(this.#bench, step))
      case 'sum':
        return this.#read(upload(this.#bench, step))
      case 'listen':
        return this.#topics.listen(step.topic, step.forMs)
      case 'reconnect':
        this.#dials.excuse()
        return client.$.reconnect()
      case 'refresh':
        void client.$.refreshAuth()
        return
      case 'close':
        return this.close()
      case 'signal':
        this.#dials.excuse()
        return this.#signal(step.signal)
      case 'publish':
      case 'confirm':
        throw new Error(`Expected a step of a client, got \`${step.type}\``)
    }
  }

  #read(reading: Promise<void>): void {
    this.#reading++
    void reading.finally(() => {
      this.#reading--
    })
  }

  #do(task: () => void): void {
    this.process.run(task)
  }

  #connectorOf(network: MemoryNetwork, kind: string): Connector {
    return {
      kind,
      connect: (listener) => {
        this.#dials.dialled()
        const transport = this.process.transport(network.connector.connect(this.process.listen(listener)))
        const link = network.links.at(-1)
        if (this.#nextBreak !== undefined && link !== undefined) {
          breakLink(link, this.#nextBreak)
          this.#nextBreak = undefined
        }
        return transport
      },
    }
  }

  /** What nobody waits for is told here: a listener that was refused. */
  #onError(error: unknown): void {
    const { referee, book, setup } = this.#world
    if (isTautlineError(error, 'UNAUTHORIZED') && book.wasBanned(this.id)) return
    if (isTautlineError(error, 'QUEUE_FULL') && setup.queuedCalls < 100) return
    if (isTautlineError(error, 'OVERLOADED') && setup.places < 100) return
    referee.accuse('fault', `${this.name} reports ${describeError(error)}`)
  }

  #onStatus({ state, reason, resumed, transport }: ClientBench['client']['$']['status']): void {
    const { referee, book } = this.#world
    referee.note(
      this.name,
      `${state} (${reason})${resumed === undefined ? '' : ` resumed: ${resumed}`} over ${transport}`,
    )
    if (state === 'connected') book.connected(this.id)
    else book.left(this.id)
  }
}

export function breakLink(link: MemoryLink, { direction, unit, after }: Break): void {
  const lane = direction === 'up' ? link.up : link.down
  if (unit === 'messages') lane.breakAfterMessages(after)
  else lane.breakAfterBytes(after)
}
