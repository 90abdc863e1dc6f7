// A server process that ends and comes back on the same port: clients find it again by themselves.
import { type Client, createClient, webSocketConnector } from '@tautline/client'
import { longPollConnector } from '@tautline/client/long-poll'
import type { Connector } from '@tautline/core/io'
import { afterEach, describe, expect, test } from 'vitest'
import { serverKinds } from './capabilities.ts'
import { api } from './contract.ts'
import { type RunningServer, startServer } from './start-server.ts'

/** Each way to connect. */
const connectors: Readonly<Record<string, (url: string) => Connector>> = {
  WebSocket: (url) => webSocketConnector({ url }),
  'long poll': (url) => longPollConnector({ url }),
}

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

  async function connect(way: string): Promise<{ readonly client: Client<typeof api>; readonly port: number }> {
    running = await startServer(kind)
    const url = running.urls.main ?? ''
    const connector = connectors[way]?.(url)
    if (connector === undefined) throw new Error(`Expected a connector by the name of ${way}`)
    client = createClient(api, { connector })
    await client.$.connected()
    return { client, port: Number(new URL(url).port) }
  }

  test.each(Object.keys(connectors))(
    'a restart in good order loses no call that was made meanwhile (%s)',
    async (way) => {
      const { client: connected, port } = await connect(way)
      expect(await running?.stop()).toBe(0)
      const answer = connected.add({ a: 1, b: 2 })
      await startAgain(port)
      expect(await answer).toBe(3)
      expect(connected.$.stats().reconnects).toBe(1)
    },
  )

  test.each(Object.keys(connectors))(
    'a killed server is found again, and a mutation under way is of unknown outcome (%s)',
    async (way) => {
      const { client: connected, port } = await connect(way)
      const call = connected.wait({ key: 'killed' }).result()
      await expect.poll(async () => (await connected.traceOf({ key: 'killed' })).started).toBe(1)
      await running?.kill()
      await startAgain(port)
      // Only the next server can say that the session is lost.
      expect(await call).toMatchObject({ ok: false, error: { code: 'CONNECTION_LOST', outcome: 'unknown' } })
      expect(await connected.add({ a: 1, b: 2 })).toBe(3)
    },
  )
})
