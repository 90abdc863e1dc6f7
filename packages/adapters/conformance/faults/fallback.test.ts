// Where something between client and server lets no WebSocket pass, long polls do; when it lets them pass again, the client
// goes back. Beside the tests on a virtual clock in test/resume/fallback.test.ts: real sockets, and every runtime as server.
import { setTimeout as pass } from 'node:timers/promises'
import { type Client, type ClientStatus, createClient, type PageSignal } from '@tautline/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverKinds } from '../capabilities.ts'
import { type RunningServer, startServer } from '../start-server.ts'
import type { Admission } from './admission.ts'
import { faultApi } from './fault-api.ts'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'
import { faultsOf, type Verdict } from './ledger.ts'
import { createNumberedLine, type NumberedLine } from './numbered-line.ts'

const script = new URL('fault-server.ts', import.meta.url)

interface Block {
  readonly name: string
  readonly admission: Admission
  /** From the call of `createClient`. */
  readonly connectedWithinMs: number
}

const BLOCKS: readonly Block[] = [
  { name: 'refused', admission: { type: 'refuse', status: 403 }, connectedWithinMs: 3_000 },
  { name: 'never answered', admission: { type: 'hang' }, connectedWithinMs: 10_000 },
  { name: 'opened, and silent', admission: { type: 'upgrade' }, connectedWithinMs: 10_000 },
  {
    name: 'opened, and closed after 200 ms',
    admission: { type: 'upgrade', closeAfterMs: 200 },
    connectedWithinMs: 6_000,
  },
]
/** A busy machine runs timers late, and starts processes and modules slowly. */
const SLACK_MS = 3_000
/** So long a WebSocket has to stay to be believed. */
const PROOF_MS = 3_000

const WORKERS = 40
/** More than a worker takes while the line goes one way and the other. */
const ITEMS_PER_STREAM = 400
/** Calls that are cut under way, and calls that are under way all the time: a server lets 256 run. */
const BURST = 120
const HELD = 60
const LEAST_MESSAGES = 10_000

describe.each(serverKinds)('server %s', (kind) => {
  let server: RunningServer
  beforeAll(async () => {
    // Which clients load when they need it: compiling it takes as long here as a bundle takes nowhere.
    await import('@tautline/client/long-poll')
    server = await startServer(kind, { script })
  })
  afterAll(async () => {
    expect(await server.stop()).toBe(0)
  })

  // Most of it is waiting.
  describe.concurrent('WebSocket is', () => {
    test.each(BLOCKS)('$name: long poll within $connectedWithinMs ms', { timeout: 30_000 }, async (block) => {
      const { connectedMs, statuses, answer, runs } = await meetBlock(server, block)
      console.log(`${kind}, ${block.name}: connected after ${seconds(connectedMs)}`)
      expect(connectedMs).toBeLessThan(block.connectedWithinMs + SLACK_MS)
      expect(statuses.filter(({ state }) => state === 'connected')).toHaveLength(1)
      expect(statuses.at(-1)).toMatchObject({ state: 'connected', transport: 'long-poll' })
      expect(answer).toBe(0)
      expect(runs).toEqual([1])
    })

    test('blocked for a while: no message is lost on the way to long poll and back', { timeout: 60_000 }, async () => {
      const outcome = await goThereAndBack(server)
      const { messages, open, awayMs, backMs } = outcome
      console.log(
        `${kind}: on long poll ${seconds(awayMs)} after the cut, back ${seconds(backMs)} after the end of the block; ` +
          `${String(messages)} messages, ${open.map(String).join(' and ')} calls and streams open at the switches`,
      )
      expect(faultsOf(outcome.verdict)).toEqual([])
      expect(outcome.held).toEqual({ answered: HELD, begun: HELD })
      expect(messages).toBeGreaterThanOrEqual(LEAST_MESSAGES)
      expect(Math.min(...open)).toBeGreaterThanOrEqual(HELD)
      expect(outcome.connected).toEqual([
        ['websocket', undefined],
        ['long-poll', true],
        ['websocket', true],
      ])
      expect(backMs).toBeLessThan(PROOF_MS + SLACK_MS)
    })
  })

  test('no connection is left', async () => {
    await expect.poll(async () => (await server.usage()).connections, { timeout: 5_000 }).toBe(0)
  })
})

interface BlockOutcome {
  readonly connectedMs: number
  readonly statuses: readonly ClientStatus[]
  /** Of a call that was made at once, and how often it ran. */
  readonly answer: number
  readonly runs: readonly number[]
}

async function meetBlock(server: RunningServer, { name: load, admission }: Block): Promise<BlockOutcome> {
  const proxy = await createFaultProxy({ targetPort: portOf(server) })
  proxy.admitUpgrades(admission)
  const began = performance.now()
  const { client, statuses } = connectThrough(server, proxy)
  try {
    const call = client.run({ load, n: 0, turns: 0 })
    await client.$.connected()
    const connectedMs = performance.now() - began
    const answer = await call
    return { connectedMs, answer, runs: await client.runs({ load, count: 1 }), statuses: [...statuses] }
  } finally {
    await client.$.close()
    await proxy.close()
  }
}

interface ThereAndBack {
  readonly verdict: Verdict
  /** Calls, events and items. */
  readonly messages: number
  /** Calls and streams that were open at each switch. */
  readonly open: readonly number[]
  /** Of the calls that outlast both switches. */
  readonly held: { readonly answered: number; readonly begun: number }
  /** Transport and `resumed` of each status `connected`. */
  readonly connected: readonly (readonly [string | undefined, boolean | undefined])[]
  readonly awayMs: number
  readonly backMs: number
}

/** WebSockets are cut and refused under way, until the client is on long poll, and let through again. */
async function goThereAndBack(server: RunningServer): Promise<ThereAndBack> {
  const load = 'there and back'
  const proxy = await createFaultProxy({ targetPort: portOf(server) })
  const { client, statuses, signal } = connectThrough(server, proxy)
  try {
    const line = await createNumberedLine(client, { load, streams: WORKERS, itemsPerStream: ITEMS_PER_STREAM })
    const traffic = startTraffic(line)
    const held = Array.from({ length: HELD }, () => client.held({ load }))
    await expect.poll(() => client.heldSoFar({ load })).toBe(HELD)

    const burst = traffic.burst()
    await burst.oneIsAnswered
    proxy.admitUpgrades({ type: 'refuse', status: 403 })
    for (const connection of proxy.connections) connection.reset()
    const openThere = client.$.stats().inFlight
    const awayMs = await msUntilUses(client, 'long-poll')
    await burst.over

    proxy.admitUpgrades({ type: 'forward' })
    signal('online')
    const backMs = await msUntilUses(client, 'websocket')
    const openBack = client.$.stats().inFlight
    await traffic.stop()

    await client.release({ load })
    const answered = (await Promise.all(held)).length
    const begun = await client.heldSoFar({ load })
    const verdict = await line.finish()
    return {
      verdict,
      // Each call has an event.
      messages: 2 * traffic.calls() + WORKERS * ITEMS_PER_STREAM,
      open: [openThere, openBack],
      held: { answered, begun },
      connected: statuses
        .filter(({ state }) => state === 'connected')
        .map(({ transport, resumed }) => [transport, resumed]),
      awayMs,
      backMs,
    }
  } finally {
    await client.$.close()
    await proxy.close()
  }
}

interface Through {
  readonly client: Client<typeof faultApi>
  readonly statuses: readonly ClientStatus[]
  /** As a browser would. */
  readonly signal: (signal: PageSignal) => void
}

/** A client with nothing but an address, and a page that says what the test says. */
function connectThrough(server: RunningServer, proxy: FaultProxy): Through {
  const url = new URL(server.urls.main ?? '')
  url.port = String(proxy.port)
  const statuses: ClientStatus[] = []
  let tell: (signal: PageSignal) => void = () => undefined
  const client = createClient(faultApi, {
    url,
    onStatus: (status) => {
      statuses.push(status)
    },
    pageSignals: (listener) => {
      tell = listener
      return () => undefined
    },
  })
  return {
    client,
    statuses,
    signal: (signal) => {
      tell(signal)
    },
  }
}

interface Traffic {
  /** Made so far. */
  readonly calls: () => number
  /** Many calls at once, beside the others. */
  readonly burst: () => { readonly oneIsAnswered: Promise<void>; readonly over: Promise<unknown> }
  /** Resolves when what was begun is over. */
  readonly stop: () => Promise<unknown>
}

/** Calls, and items of streams, until it is told to stop. */
function startTraffic(line: NumberedLine): Traffic {
  let calls = 0
  const stopped = new AbortController()
  async function work(stream: number): Promise<void> {
    while (!stopped.signal.aborted) {
      await Promise.all([line.call(calls++), line.take(stream)])
      // A pace that a long poll keeps up with, so that the streams last until the line is back.
      await pass(25)
    }
  }
  const workers = Promise.all(Array.from({ length: WORKERS }, (_, stream) => work(stream)))
  return {
    calls: () => calls,
    burst() {
      const all = Array.from({ length: BURST }, () => line.call(calls++))
      return { oneIsAnswered: Promise.race(all), over: Promise.all(all) }
    },
    stop() {
      stopped.abort()
      return workers
    },
  }
}

/** From now on, until it does. */
function msUntilUses(client: Client<typeof faultApi>, transport: string): Promise<number> {
  const began = performance.now()
  return new Promise((resolve) => {
    const off = client.$.onStatus((status) => {
      if (status.state !== 'connected' || status.transport !== transport) return
      off()
      resolve(performance.now() - began)
    })
  })
}

function portOf({ urls }: RunningServer): number {
  return Number(new URL(urls.main ?? '').port)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
