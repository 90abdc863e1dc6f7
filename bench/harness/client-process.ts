// node client-process.ts '{"subject":"tautline","url":"ws://127.0.0.1:4000"}': clients of one server, under orders from stdin.
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import type { BenchClient } from '../subjects/subject.ts'
import { idOf } from '../workload.ts'
import { type Clock, createLoad, summarize } from './load.ts'
import type { ClientOrders, EventName } from './orders.ts'
import { takeOrders } from './take-orders.ts'
import { readUsage } from './usage.ts'

export interface ClientProcessOptions {
  readonly subject: string
  readonly url: string
}

/** More at once would fill the backlog of the listening socket. */
const CONNECTS_AT_ONCE = 50
/** Between two calls of one client that was told that there is no connection. */
const RETRY_PAUSE_MS = 5

const { subject, url } = JSON.parse(process.argv[2] ?? '') as ClientProcessOptions
const { connect } = (await import(`../subjects/${subject}/client.ts`)) as {
  readonly connect: (url: string) => Promise<BenchClient>
}
// Libraries reject, on the side, what belongs to connections that a restarted server has cut.
process.on('unhandledRejection', () => {})

const clock: Clock = { nowMs: () => performance.now(), cpuUs: () => readUsage().cpuUs }
const clients: BenchClient[] = []
let events = 0
let onEvents = (): void => {}

async function openOne(): Promise<void> {
  const client = await connect(url)
  await client.get(idOf(clients.length))
  clients.push(client)
}

function countEvent(): void {
  events++
  onEvents()
}

async function subscribe(client: BenchClient, event: EventName): Promise<void> {
  if (event === 'tick') await client.subscribe(countEvent)
  else if (client.subscribeRows === undefined) throw new Error('Expected a subject that subscribes to rows')
  else await client.subscribeRows(countEvent)
}

/** Until it is answered: many libraries reject what is called while there is no connection. */
async function callUntilAnswered(client: BenchClient): Promise<number> {
  for (;;) {
    try {
      await client.get('t1')
      return performance.timeOrigin + performance.now()
    } catch {
      await setTimeout(RETRY_PAUSE_MS)
    }
  }
}

takeOrders<ClientOrders>(
  {
    async open({ count }) {
      for (let left = count; left > 0; left -= CONNECTS_AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(left, CONNECTS_AT_ONCE) }, openOne))
      }
      return null
    },
    async closeAll() {
      await Promise.all(clients.splice(0).map((client) => client.close()))
      return null
    },
    load: (order) => createLoad(clients, clock)(order),
    async cold({ count }) {
      const tookUs = new Float64Array(count)
      const began = { ms: clock.nowMs(), cpuUs: clock.cpuUs() }
      for (let n = 0; n < count; n++) {
        const at = clock.nowMs()
        const client = await connect(url)
        await client.get(idOf(n))
        tookUs[n] = (clock.nowMs() - at) * 1000
        await client.close()
      }
      return summarize(tookUs, { wallMs: clock.nowMs() - began.ms, cpuUs: clock.cpuUs() - began.cpuUs })
    },
    async subscribe({ event }) {
      events = 0
      await Promise.all(clients.map((client) => subscribe(client, event)))
      return null
    },
    async delivered({ atLeast }) {
      await new Promise<void>((resolve) => {
        onEvents = () => {
          if (events >= atLeast) resolve()
        }
        onEvents()
      })
      return { cpuUs: clock.cpuUs() }
    },
    async recover() {
      const answeredAt = await Promise.all(clients.map(callUntilAnswered))
      return { answeredAt: answeredAt.sort((a, b) => a - b) }
    },
  },
  null,
)
