// node load-process.ts '{"url":"ws://…","connections":100,"everyMs":50}': the many, who ask for little, under orders from stdin.
import process from 'node:process'
import { createClient } from '@tautline/client'
import { WebSocket } from 'ws'
import { takeOrders } from '../../bench/harness/take-orders.ts'
import { fairnessApi } from '../../packages/adapters/conformance/fairness/fairness-api.ts'
import { Latencies } from '../soak/latencies.ts'
import type { FairnessClientOptions, LoadOrders } from './fairness-orders.ts'
import { StallWatch, watchProcessor } from './stall-watch.ts'

const { url, connections, everyMs } = JSON.parse(process.argv[2] ?? '') as FairnessClientOptions
const clients = Array.from({ length: connections }, () => createClient(fairnessApi, { url, WebSocket }))
await Promise.all(clients.map((client) => client.$.connected()))
let onProcessor = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT)

takeOrders<LoadOrders>(
  {
    async watch({ processor }) {
      onProcessor = await watchProcessor(processor)
      return null
    },
    async load({ forMs }) {
      const latencies = new Latencies()
      const watch = new StallWatch(onProcessor)
      let leftOut = 0
      const until = performance.now() + forMs
      await Promise.all(
        clients.map(async (client, index) => {
          await pause((index * everyMs) / clients.length)
          for (let n = 0; performance.now() < until; n++) {
            const began = performance.now()
            const answer = await client.light({ n })
            if (answer !== n) throw new Error(`Expected ${String(n)}, got ${String(answer)}`)
            if (watch.stalledSince(began)) leftOut += 1
            else latencies.add(performance.now() - began)
            await pause(everyMs)
          }
        }),
      )
      watch.stop()
      return { ...latencies.take(), leftOut }
    },
  },
  null,
)

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
