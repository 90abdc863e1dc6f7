// A server process that ends and comes back on the same port: clients find it again by themselves.
import { type Client, createClient } from '@tautline/client'
import { afterEach, describe, expect, test } from 'vitest'
import { serverKinds } from './capabilities.ts'
import { api } from './contract.ts'
import { type RunningServer, startServer } from './start-server.ts'

describe.each(serverKinds)('server %s', (kind) => {
  let client: Client<typeof api> | undefined
  let running: RunningServer | undefined

  afterEach(async () => {
    await client?.$.close()
    expect(await running?.stop()).toBe(0)
  })

  async function startAgain(port: number): Promise<void> {
    running = await startServer(kind, { port })
  }

  async function connect(): Promise<{ readonly client: Client<typeof api>; readonly port: number }> {
    running = await startServer(kind)
    const url = running.urls.main ?? ''
    client = createClient(api, { url })
    await client.$.connected()
    return { client, port: Number(new URL(url).port) }
  }

  test('a restart in good order loses no call that was made meanwhile', async () => {
    const { client: connected, port } = await connect()
    expect(await running?.stop()).toBe(0)
    const answer = connected.add({ a: 1, b: 2 })
    await startAgain(port)
    expect(await answer).toBe(3)
    expect(connected.$.stats().reconnects).toBe(1)
  })

  test('a killed server is found again, and a mutation under way is of unknown outcome', async () => {
    const { client: connected, port } = await connect()
    const call = connected.wait({ key: 'killed' }).result()
    await expect.poll(async () => (await connected.traceOf({ key: 'killed' })).started).toBe(1)
    await running?.kill()
    expect(await call).toMatchObject({ ok: false, error: { code: 'CONNECTION_LOST', outcome: 'unknown' } })
    await startAgain(port)
    expect(await connected.add({ a: 1, b: 2 })).toBe(3)
  })
})
