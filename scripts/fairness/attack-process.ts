// node attack-process.ts '{"url":"ws://…"}': the one who asks for too much, over one connection, under orders from stdin.
import { constants, setPriority } from 'node:os'
import process from 'node:process'
import { createClient } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import { WebSocket } from 'ws'
import { takeOrders } from '../../bench/harness/take-orders.ts'
import { fairnessApi } from '../../packages/adapters/conformance/fairness/fairness-api.ts'
import type { Attack, AttackOrders, FairnessClientOptions } from './fairness-orders.ts'

// It is on a machine of its own as a rule: here it must not take the processor from those whose times are measured.
setPriority(constants.priority.PRIORITY_LOW)

const { url } = JSON.parse(process.argv[2] ?? '') as FairnessClientOptions
const IN_FLIGHT = 256
const STREAMS = 128
const HEAVY_MS = 5
const WORK_MS = 0.5

let running: { readonly controller: AbortController; readonly done: Promise<void>; count: number } | undefined

const attacks: Readonly<Record<Attack, (count: () => void, signal: AbortSignal) => Promise<unknown>>> = {
  flood: (count, signal) => atOnce(IN_FLIGHT, signal, (client) => client.light({ n: 1 }).then(count)),
  async streams(count, signal) {
    const client = createClient(fairnessApi, { url, WebSocket })
    await Promise.all(
      Array.from({ length: STREAMS }, async () => {
        for await (const _ of client.endless({ itemBytes: 100 }, { signal })) count()
      }),
    ).catch(unlessAborted)
    await client.$.close()
  },
  async hold(count, signal) {
    const client = createClient(fairnessApi, { url, WebSocket })
    const held = Array.from({ length: IN_FLIGHT }, () => {
      count()
      return client.hold(undefined, { signal })
    })
    await Promise.all(held).catch(unlessAborted)
    await client.$.close()
  },
  work: (count, signal) =>
    atOnce(IN_FLIGHT, signal, (client) => client.heavy({ ms: WORK_MS, behindAwait: true }).then(count)),
  heavy: (count, signal) =>
    atOnce(IN_FLIGHT, signal, (client) => client.heavy({ ms: HEAVY_MS, behindAwait: true }).then(count)),
  'heavy-at-once': (count, signal) =>
    atOnce(IN_FLIGHT, signal, (client) => client.heavy({ ms: HEAVY_MS, behindAwait: false }).then(count)),
}

type FairnessClient = ReturnType<typeof createClient<typeof fairnessApi>>

async function atOnce(times: number, signal: AbortSignal, call: (client: FairnessClient) => Promise<void>) {
  const client = createClient(fairnessApi, { url, WebSocket })
  const workers = Array.from({ length: times }, async () => {
    while (!signal.aborted) await call(client)
  })
  signal.addEventListener('abort', () => {
    void client.$.close()
  })
  await Promise.all(workers).catch(unlessAborted)
}

function unlessAborted(error: unknown): void {
  if (isTautlineError(error, 'CLIENT_CLOSED') || isTautlineError(error, 'CANCELLED')) return
  if (error instanceof Error && error.name === 'AbortError') return
  throw error
}

takeOrders<AttackOrders>(
  {
    begin({ attack }) {
      const controller = new AbortController()
      const begun = { controller, done: Promise.resolve(), count: 0 }
      const count = (): void => {
        begun.count += 1
      }
      running = begun
      begun.done = attacks[attack](count, controller.signal).then(() => undefined)
      return null
    },
    async end() {
      running?.controller.abort()
      await running?.done
      return running?.count ?? 0
    },
  },
  null,
)
