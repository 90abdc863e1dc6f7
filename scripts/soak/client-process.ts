// node client-process.ts '{"url":"ws://…","clients":200,…}': clients of `soakApi` behind a proxy with faults, under orders from stdin.
import process from 'node:process'
import { createRandom } from '@tautline/core/testing'
import { takeOrders } from '../../bench/harness/take-orders.ts'
import { collectGarbage, readUsage } from '../../bench/harness/usage.ts'
import { createFaultProxy } from '../../packages/adapters/conformance/faults/fault-proxy.ts'
import { countByName } from './count-by-name.ts'
import { describeError } from './failure-list.ts'
import { createNetworkFaults } from './network-faults.ts'
import { SoakBook } from './soak-book.ts'
import { SoakClient } from './soak-client.ts'
import type { ClientSample, SoakClientOptions, SoakClientOrders } from './soak-orders.ts'

const options = JSON.parse(process.argv[2] ?? '') as SoakClientOptions
/** In the beginning: however slow the machine is, clients find their places one after another. */
const COME_EVERY_MS = 5
const CONNECTING = 10

const book = new SoakBook()
process.on('unhandledRejection', (error) => {
  book.broke(`unhandled rejection: ${describeError(error)}`)
})

const target = new URL(options.url)
const faults = createNetworkFaults(createRandom(options.seed), (fault) => {
  book.did(fault)
})
const proxy = await createFaultProxy({
  targetPort: Number(target.port),
  // Long polls are no frames, and what is remembered of each frame would grow.
  reads: 'bytes',
  admit: () => faults.admit(),
  onConnection: (connection) => {
    faults.strike(connection)
  },
})
target.port = String(proxy.port)

const clients: SoakClient[] = []
const runs: Promise<void>[] = []
const arrivals = setInterval(() => {
  if (clients.length >= options.clients) {
    clearInterval(arrivals)
    return
  }
  if (clients.filter(({ state }) => state === 'connecting').length >= CONNECTING) return
  const slot = options.firstSlot + clients.length
  const client = new SoakClient({ slot, url: target.href, random: createRandom(options.seed + slot), book })
  clients.push(client)
  runs.push(client.run())
}, COME_EVERY_MS)

function sample(given: { readonly collectGarbage: boolean }): ClientSample {
  if (given.collectGarbage) collectGarbage()
  return {
    ...readUsage(),
    counts: book.counts,
    reconnects: clients.reduce((sum, { reconnects }) => sum + reconnects, 0),
    states: countByName(clients.map(({ state }) => state)),
    broken: book.broken,
  }
}

takeOrders<SoakClientOrders>(
  {
    sample,
    async stop() {
      clearInterval(arrivals)
      for (const client of clients) client.stop()
      await Promise.all(runs)
      await proxy.close()
      return { ...sample({ collectGarbage: true }), expectations: book.expectations }
    },
  },
  null,
)
