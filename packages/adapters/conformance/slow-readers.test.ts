// Clients that stop reading and clients that read slowly, against every kind of server in its own process: what they cost it,
// and that they cost nobody else anything.
import { type Client, createClient } from '@tautline/client'
import { type Frame, FrameType } from '@tautline/core/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverKinds } from './capabilities.ts'
import { api } from './contract.ts'
import { codec, greetByHand, type HandClient } from './hand-client.ts'
import { createSlowProxy } from './slow-proxy.ts'
import { type RunningServer, startServer } from './start-server.ts'

const KiB = 1024
const MiB = 1024 * KiB
const ITEM_BYTES = 64 * KiB
const SNAPSHOT_BYTES = 12 * MiB

const open = (id: number, key: string): Frame => ({
  type: FrameType.Open,
  id,
  procedure: 'count',
  input: codec.encode({ key, to: 10_000, itemBytes: ITEM_BYTES }),
  timeoutMs: undefined,
  meta: undefined,
  resume: undefined,
})

/** @returns how many bytes came */
async function readSnapshot(client: Client<typeof api>, key: string): Promise<number> {
  let bytes = 0
  for await (const { padding } of client.count({ key, to: SNAPSHOT_BYTES / ITEM_BYTES, itemBytes: ITEM_BYTES })) {
    bytes += padding.byteLength
  }
  return bytes
}

describe.each(serverKinds)('server %s', (kind) => {
  let server: RunningServer
  let witness: Client<typeof api>

  const url = (): string => server.urls.main ?? ''

  beforeAll(async () => {
    server = await startServer(kind)
    witness = createClient(api, { url: url(), compression: false })
    await readSnapshot(witness, 'warm')
  })
  afterAll(async () => {
    expect(witness.$.stats().reconnects).toBe(0)
    await witness.$.close()
    expect(await server.stop()).toBe(0)
  })

  test('readers that stop cost it a window each, and delay nobody', async () => {
    const before = await server.usage()
    const stuck: HandClient[] = []
    const keys = Array.from({ length: 20 }, (_, n) => `stuck ${String(n)}`)
    for (const key of keys) {
      const client = await greetByHand(url())
      client.raw.pause()
      client.send(...Array.from({ length: 20 }, (_, n) => open(2 * n + 1, key)))
      stuck.push(client)
    }
    expect(await readSnapshot(witness, 'beside the stuck')).toBe(SNAPSHOT_BYTES)
    const traces = await Promise.all(keys.map((key) => witness.traceOf({ key })))
    // All twenty streams of one share its window, and those that begin when it is used up make nothing; each may have an item in its hands.
    for (const { started } of traces) expect(started).toBeGreaterThan(0)
    for (const { items } of traces) expect(items).toBeLessThanOrEqual(20 + (256 * KiB) / ITEM_BYTES)
    const after = await server.usage()
    expect(after.rssBytes - before.rssBytes).toBeLessThan(128 * MiB)
    for (const { raw } of stuck) raw.destroy()
    // The witness is left.
    await expect.poll(async () => (await server.usage()).connections).toBe(1)
  })

  test('a slow reader of 12 MB gets all of it over one connection', async () => {
    const proxy = await createSlowProxy(url(), 4 * KiB)
    // Zeros would be nothing when they are compressed.
    const client = createClient(api, { url: proxy.url, compression: false })
    await client.$.connected()
    const before = await server.usage()
    const reading = readSnapshot(client, 'slow')
    const handedOver = async (): Promise<number> => (await witness.traceOf({ key: 'slow' })).items
    await expect.poll(handedOver).toBeGreaterThan(0)
    expect(await readSnapshot(witness, 'beside the slow')).toBe(SNAPSHOT_BYTES)
    expect(await handedOver()).toBeLessThan(SNAPSHOT_BYTES / ITEM_BYTES)
    const meanwhile = await server.usage()
    expect(meanwhile.rssBytes - before.rssBytes).toBeLessThan(64 * MiB)
    expect(await reading).toBe(SNAPSHOT_BYTES)
    expect(client.$.stats().reconnects).toBe(0)
    await client.$.close()
    await proxy.close()
  })
})
