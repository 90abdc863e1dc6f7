import { measureLoad } from '../harness/measure-load.ts'
import type { Figure, Sample, Scale, Scenario } from '../harness/scenario.ts'
import type { ClientProcess, ServerProcess, Stage } from '../harness/stage.ts'

/** Nothing may grow faster than its work: the same cost per call and item, however many there are. */
const shared = { needs: [], subjects: ['tautline', 'ws-msgpack', 'ws-batched'], inQuickRuns: 'none' } as const

const pointsOf = (points: readonly number[]): readonly Figure[] =>
  points.map((at) => ({ name: nameOf(at), title: at.toLocaleString('en'), unit: 'µs', better: 'less', at }))

const nameOf = (at: number): string => `at${String(at)}`

const CONNECTIONS: Readonly<Record<Scale, readonly number[]>> = {
  full: [1, 10, 100, 1_000, 10_000],
  quick: [1, 10, 100, 1_000],
  tiny: [1, 3],
}
const CALLS: Readonly<Record<Scale, number>> = { full: 20_000, quick: 4_000, tiny: 20 }
const WARM_UP: Readonly<Record<Scale, number>> = { full: 10_000, quick: 2_000, tiny: 10 }
/** Over all connections together, each call over the next one, so that no two of them share a message by chance. */
const IN_FLIGHT = 64
/** More than that come from several processes, so that it is not the client that is measured. */
const CONNECTIONS_PER_PROCESS = 2_000

export const scalingConnections: Scenario = {
  ...shared,
  name: 'scaling-connections',
  title: 'Cost per call by the number of connections',
  what: 'Server CPU of one small call; each goes over the next connection, at most 64 are under way, one on each connection.',
  figures: pointsOf(CONNECTIONS.full),
  headline: nameOf(1_000),
  series: { axis: 'connections' },
  rounds: { full: 3, quick: 1, tiny: 1 },
  begin: async (stage, scale) => ({
    async round() {
      const { server, url } = await stage.server()
      const crowd = new Crowd(stage, url)
      try {
        const sample: Record<string, number> = {}
        for (const count of CONNECTIONS[scale]) {
          await crowd.growTo(count)
          await crowd.call(server, WARM_UP[scale])
          sample[nameOf(count)] = (await crowd.call(server, CALLS[scale])) / CALLS[scale]
        }
        return sample
      } finally {
        await Promise.all([server.kill(), crowd.kill()])
      }
    },
  }),
}

/** Many connections, over as many processes as they need. */
class Crowd {
  readonly #stage: Stage
  readonly #url: string
  readonly #members: { readonly client: ClientProcess; connections: number }[] = []

  constructor(stage: Stage, url: string) {
    this.#stage = stage
    this.#url = url
  }

  async growTo(total: number): Promise<void> {
    let missing = total - this.#members.reduce((sum, { connections }) => sum + connections, 0)
    while (missing > 0) {
      let member = this.#members.at(-1)
      if (member === undefined || member.connections === CONNECTIONS_PER_PROCESS) {
        member = { client: await this.#stage.client(this.#url), connections: 0 }
        this.#members.push(member)
      }
      const count = Math.min(missing, CONNECTIONS_PER_PROCESS - member.connections)
      await member.client.order('open', { count })
      member.connections += count
      missing -= count
    }
  }

  /** @returns what the server has used, in µs */
  async call(server: ServerProcess, calls: number): Promise<number> {
    const total = this.#members.reduce((sum, { connections }) => sum + connections, 0)
    // What opening the connections has left behind is not of the calls.
    const before = await server.order('usage', { collectGarbage: true })
    await Promise.all(
      this.#members.map(({ client, connections }) =>
        client.order('load', {
          operation: 'get',
          operations: Math.round((calls * connections) / total),
          inFlight: Math.min(connections, Math.ceil((IN_FLIGHT * connections) / total)),
          connections: 'rotating',
        }),
      ),
    )
    return (await server.order('usage', {})).cpuUs - before.cpuUs
  }

  async kill(): Promise<void> {
    await Promise.all(this.#members.map(({ client }) => client.kill()))
  }
}

const ITEMS: Readonly<Record<Scale, readonly number[]>> = {
  full: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
  quick: [1, 10, 100, 1_000, 10_000],
  tiny: [1, 10],
}
/** Short streams are repeated until there are about so many items, at most so many times. */
const ITEMS_PER_POINT: Readonly<Record<Scale, number>> = { full: 100_000, quick: 10_000, tiny: 10 }
const MOST_STREAMS: Readonly<Record<Scale, number>> = { full: 2_000, quick: 300, tiny: 2 }

export const scalingItems: Scenario = {
  ...shared,
  name: 'scaling-items',
  title: 'Cost per item by the length of the stream',
  what: 'Server CPU of a stream on one connection, divided by its items; one stream at a time.',
  figures: pointsOf(ITEMS.full),
  headline: nameOf(10_000),
  series: { axis: 'items' },
  needs: ['stream'],
  rounds: { full: 3, quick: 1, tiny: 1 },
  async begin(stage, scale) {
    const pair = await stage.pair()
    await pair.client.order('open', { count: 1 })
    const measure = async (size: number): Promise<number> => {
      const operations = Math.max(1, Math.min(MOST_STREAMS[scale], Math.ceil(ITEMS_PER_POINT[scale] / size)))
      const load = { operation: 'stream', operations, inFlight: 1, size } as const
      return (await measureLoad(pair, load)).serverCpuUs / (operations * size)
    }
    for (const size of ITEMS[scale].slice(0, -1)) await measure(size)
    return {
      async round(): Promise<Sample> {
        const sample: Record<string, number> = {}
        for (const size of ITEMS[scale]) sample[nameOf(size)] = await measure(size)
        return sample
      },
    }
  },
}
