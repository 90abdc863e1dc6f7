// <runtime> cycle-process.ts '{"url":"ws://…"}': a client that subscribes and leaves, and clients that come and go, under orders from stdin.
import { getEventListeners } from 'node:events'
import process from 'node:process'
import { createClient } from '@tautline/client'
import { takeOrders } from '../../bench/harness/take-orders.ts'
import { collectGarbage, readUsage } from '../../bench/harness/usage.ts'
import { openResources } from '../soak/resources.ts'
import { ROOMS, soakApi } from '../soak/soak-api.ts'
import type { CycleOrders } from './cycle-orders.ts'

const { url } = JSON.parse(process.argv[2] ?? '') as { readonly url: string }
const SUBSCRIBING = 64
const CONNECTING = 16
/** What has just been closed is still there for a turn or two. */
const SETTLE_MS = 300

const connect = () => createClient(soakApi, { url })
const client = connect()
/** As long-lived as a page: what listens to it must go with what it was given to. */
const { signal } = new AbortController()
await client.$.connected()

async function subscribe(n: number): Promise<void> {
  if (n % 2 === 0) {
    const listening = client.tick.on({ room: n % ROOMS }, () => undefined, { signal })
    await listening.ready
    listening.off()
    return
  }
  for await (const _ of client.count({ to: 1e9, itemBytes: 0 }, { signal })) return
}

async function comeAndGo(n: number): Promise<void> {
  const visitor = connect()
  const sum = await visitor.add({ a: n, b: 1 })
  if (sum !== n + 1) throw new Error(`Expected ${String(n + 1)}, got ${String(sum)}`)
  await visitor.$.close()
}

async function repeat(times: number, atOnce: number, task: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < times) await task(next++)
    }),
  )
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

takeOrders<CycleOrders>(
  {
    async run({ subscribes, connects }) {
      await repeat(subscribes, SUBSCRIBING, subscribe)
      await repeat(connects, CONNECTING, comeAndGo)
      return null
    },
    async usage() {
      await pause(SETTLE_MS)
      collectGarbage()
      return {
        ...readUsage(),
        abortListeners: getEventListeners(signal, 'abort').length,
        inFlight: client.$.stats().inFlight,
        resources: openResources(),
      }
    },
    async close() {
      await client.$.close()
      await pause(SETTLE_MS)
      return openResources()
    },
  },
  null,
)
