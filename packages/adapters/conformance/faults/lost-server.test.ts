// A server process that is killed with all it had under way, and another one in its place that knows nothing of it.
import { type Client, createClient } from '@tautline/client'
import { afterEach, describe, expect, test } from 'vitest'
import { serverKinds } from '../capabilities.ts'
import { type RunningServer, startServer } from '../start-server.ts'
import { faultApi } from './fault-api.ts'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'

const script = new URL('fault-server.ts', import.meta.url)
const ITEMS = 500
/** Taken before the end; others are on their way then. */
const TAKEN = 40
const load = 'lost server'

describe.each(serverKinds)('server %s', (kind) => {
  let running: RunningServer | undefined
  let proxy: FaultProxy | undefined
  let client: Client<typeof faultApi> | undefined

  afterEach(async () => {
    await client?.$.close()
    await proxy?.close()
    expect(await running?.stop()).toBe(0)
  })

  const portOf = ({ urls }: RunningServer): number => Number(new URL(urls.main ?? '').port)

  /** On another port, behind the same address of the proxy. */
  async function start(): Promise<RunningServer> {
    running = await startServer(kind, { script })
    proxy?.retarget(portOf(running))
    return running
  }

  async function connect(): Promise<{ readonly first: RunningServer; readonly line: Client<typeof faultApi> }> {
    const first = await start()
    proxy = await createFaultProxy({ targetPort: portOf(first) })
    const url = new URL(first.urls.main ?? '')
    url.port = String(proxy.port)
    client = createClient(faultApi, { url, reconnect: { baseMs: 5, maxMs: 50 } })
    return { first, line: client }
  }

  test('subscriptions with `resume` go on in the next process without a hole or a repeat', async () => {
    const { first, line } = await connect()
    const streams = Array.from({ length: 5 }, () => line.resumableCount({ to: ITEMS }))
    const seen = streams.map((): number[] => [])
    const read = async (index: number, upTo: number): Promise<void> => {
      while ((seen[index]?.length ?? 0) < upTo) {
        const item = await streams[index]?.next()
        if (item === undefined || item.done === true) return
        seen[index]?.push(item.value)
      }
    }
    await Promise.all(streams.map((_, index) => read(index, TAKEN)))
    await first.kill()
    await start()
    await Promise.all(streams.map((_, index) => read(index, Number.POSITIVE_INFINITY)))
    const all = Array.from({ length: ITEMS }, (_, index) => index + 1)
    expect(seen).toEqual(streams.map(() => all))
  })

  test('a mutation under way is of unknown outcome, and a query is asked again', async () => {
    const { first, line } = await connect()
    const mutation = line.held({ load }).result()
    const query = line.heldQuery({ load })
    await expect.poll(() => line.heldSoFar({ load })).toBe(2)
    await Promise.all([first.kill(), becomesReconnecting(line)])
    await start()
    // Only the next process can tell that nothing is known of what the first one did.
    expect(await mutation).toMatchObject({ ok: false, error: { code: 'CONNECTION_LOST', outcome: 'unknown' } })
    await expect.poll(() => line.heldSoFar({ load })).toBe(1)
    await line.release({ load })
    expect(await query).toBeGreaterThan(0)
    expect(await line.heldSoFar({ load })).toBe(1)
  })

  test('what was called while there was no server runs in the next one, once', async () => {
    const { first, line } = await connect()
    await line.$.connected()
    await Promise.all([first.kill(), becomesReconnecting(line)])
    const calls = Array.from({ length: 100 }, (_, n) => line.run({ load, n, turns: n % 3 }))
    await start()
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 100 }, (_, n) => n))
    expect(await line.runs({ load, count: 100 })).toEqual(Array.from({ length: 100 }, () => 1))
  })
})

function becomesReconnecting(line: Client<typeof faultApi>): Promise<void> {
  return new Promise((resolve) => {
    const off = line.$.onStatus(({ state }) => {
      if (state !== 'reconnecting') return
      off()
      resolve()
    })
  })
}
