// <runtime> server-process.ts '{"kind":"node",…}': one server of `soakApi`, under orders from stdin.
import process from 'node:process'
import { createServer, type ServerStats } from '@tautline/server'
import { takeOrders } from '../../bench/harness/take-orders.ts'
import { collectGarbage, readUsage } from '../../bench/harness/usage.ts'
import { listen } from '../../packages/adapters/conformance/listen.ts'
import { watchEventLoopDelay } from './event-loop-delay.ts'
import { describeError, FailureList } from './failure-list.ts'
import { openResources } from './resources.ts'
import { createSaboteur } from './sabotage.ts'
import { ROOMS, soakApi } from './soak-api.ts'
import { createSoakHandlers, type SoakBooks } from './soak-handlers.ts'
import type { SoakServerOptions, SoakServerOrders } from './soak-orders.ts'

const options = JSON.parse(process.argv[2] ?? '') as SoakServerOptions
const TICK_MS = 100
const LOOK_EVERY_MS = 100
/** Until the event loop has noticed that it was held up. */
const FORGET_MS = 30

const faults = new FailureList()
process.on('unhandledRejection', (error) => {
  faults.add(`unhandled rejection: ${describeError(error)}`)
})

const books: SoakBooks = { tallies: new Map(), cancelled: 0 }
const strikes = createSaboteur(options.sabotages)
const server = createServer(createSoakHandlers(books, strikes), {
  log: false,
  resume: { windowMs: options.windowMs },
  // Faults are more frequent here than any network's.
  rates: { resumesPerMinute: Number.POSITIVE_INFINITY },
  onError: (error, { procedure }) => {
    faults.add(`error of ${procedure ?? 'the server'}: ${describeError(error)}`)
  },
})
const serving = await listen(options.kind, server, {})
const loopDelay = watchEventLoopDelay()
const resourcesBefore = openResources()

const LEAK_BYTES = 4 * 1024 * 1024
const leaked: Uint8Array[] = []
let serial = 0
const publisher = setInterval(() => {
  if (strikes('leak')) leaked.push(new Uint8Array(LEAK_BYTES).fill(serial))
  serial += strikes('order') ? -1 : 1
  for (let room = 0; room < ROOMS; room++) server.publish(soakApi.tick, { room }, { serial })
  server.publish(soakApi.cursor, { serial }, { key: 'cursor' })
}, TICK_MS)

const isIdle = (stats: ServerStats): boolean =>
  stats.connections + stats.sessions + stats.detached + stats.running + stats.outgoing + stats.topics === 0

takeOrders<SoakServerOrders>(
  {
    async sample(given) {
      const loopDelayP99Ms = loopDelay.takeP99Ms()
      if (given.collectGarbage) collectGarbage()
      const usage = readUsage()
      if (given.collectGarbage) await pause(FORGET_MS)
      // What the collection has held up does not count.
      loopDelay.takeP99Ms()
      return { ...usage, loopDelayP99Ms, stats: server.stats(), faults: faults.list() }
    },
    async settle({ withinMs }) {
      clearInterval(publisher)
      const until = performance.now() + withinMs
      while (performance.now() < until && !isIdle(server.stats())) await pause(LOOK_EVERY_MS)
      loopDelay.stop()
      // What has just been closed is still there for a turn or two.
      await pause(LOOK_EVERY_MS)
      return { stats: server.stats(), resources: openResources(), resourcesBefore }
    },
    tallies: () => [...books.tallies],
    async close() {
      await serving.close({ drainMs: 1000 })
      return null
    },
  },
  { url: serving.url, version: versionOf(options.kind) },
)

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

function versionOf(kind: SoakServerOptions['kind']): string {
  const name = kind === 'deno-serve' ? 'deno' : kind
  return `${name} ${(process.versions as Readonly<Record<string, string | undefined>>)[name] ?? ''}`
}
