// One connection that asks for too much, and others that ask for little, against every kind of server in its own process. What is
// counted is how much of the one begins before the other has its turn: no time is measured.
import { CloseCode, type Frame, FrameType } from '@tautline/core/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serverKinds } from '../capabilities.ts'
import { call, codec, greetByHand, type HandClient } from '../hand-client.ts'
import { type RunningServer, startServer } from '../start-server.ts'

/** As many as may be in flight. */
const CALLS = 256
const HEAVY_MS = 5
/** Nobody knows yet what handlers do behind their first `await`: so many of them begin in the first turn. */
const BEGUN_FIRST = 4
const KiB = 1024
const ids = Array.from({ length: CALLS }, (_, index) => 1 + 2 * index)

async function answerOf(client: HandClient): Promise<unknown> {
  const frame = await client.next(FrameType.Ok)
  return frame?.type === FrameType.Ok && frame.output !== undefined ? codec.decode(frame.output) : frame
}

describe.each(serverKinds)('server %s', (kind) => {
  let server: RunningServer
  const opened: HandClient[] = []

  beforeAll(async () => {
    server = await startServer(kind, { script: new URL('fairness-server.ts', import.meta.url) })
  })
  afterEach(async () => {
    for (const client of opened.splice(0)) {
      client.send({ type: FrameType.Close, code: CloseCode.Normal, reason: 'done', retry: false })
      await client.end()
      client.raw.destroy()
    }
  })
  afterAll(async () => {
    expect(await server.stop()).toBe(0)
  })

  async function greet(): Promise<HandClient> {
    const client = await greetByHand(server.urls.main ?? '')
    opened.push(client)
    return client
  }

  /** How many heavy calls have begun so far. */
  async function begunBy(client: HandClient, id: number): Promise<number> {
    client.send(call(id, 'begun'))
    return Number(await answerOf(client))
  }

  /** What is sent meanwhile has all arrived when the server looks again. */
  async function whileFrozen(send: () => void): Promise<void> {
    server.freeze()
    send()
    // Both have handed all to the kernel, which keeps it for the server.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    server.thaw()
  }

  test.each([
    { name: 'at once', behindAwait: false, most: 2 },
    { name: 'behind an `await`', behindAwait: true, most: 2 * BEGUN_FIRST },
  ])(
    'a call has its turn among 256 of another connection, each of which holds the process up $name',
    async ({ behindAwait, most }) => {
      const [flooder, honest] = [await greet(), await greet()]
      const before = await begunBy(honest, 1)
      await whileFrozen(() => {
        flooder.send(...ids.map((id) => call(id, 'heavy', { ms: HEAVY_MS, behindAwait })))
        honest.send(call(3, 'begun'))
      })
      expect(Number(await answerOf(honest)) - before).toBeLessThanOrEqual(most)
    },
  )

  test('a cancel behind many calls of its own connection keeps them from ever beginning', async () => {
    const [flooder, honest] = [await greet(), await greet()]
    const before = await begunBy(honest, 1)
    const kept = ids.slice(0, 16)
    const cancelled = ids.slice(16)
    await whileFrozen(() => {
      flooder.send(...ids.map((id) => call(id, 'heavy', { ms: HEAVY_MS, behindAwait: false })))
      flooder.send(...cancelled.map((id): Frame => ({ type: FrameType.Cancel, id })))
    })
    for (const _ of kept) expect((await flooder.next(FrameType.Ok))?.type).toBe(FrameType.Ok)
    flooder.send(call(2 * CALLS + 1, 'light', { n: 7 }))
    expect(await answerOf(flooder)).toBe(7)
    expect((await begunBy(honest, 3)) - before).toBe(kept.length)
  })

  test('a PING is answered ahead of megabytes of answers that the peer has not taken', async () => {
    const client = await greet()
    const asked = ids.slice(0, 40)
    await whileFrozen(() => {
      client.send(...asked.map((id) => call(id, 'large', { bytes: 100 * KiB })))
      client.send({ type: FrameType.Ping, n: 1, t: 2 })
    })
    expect(await client.next(FrameType.Pong)).toEqual({ type: FrameType.Pong, n: 1, t: 2 })
    // The rest waits for an acknowledgement, which never comes.
    client.send({ type: FrameType.Ping, n: 2, t: 3 })
    expect(await client.next(FrameType.Pong)).toEqual({ type: FrameType.Pong, n: 2, t: 3 })
  })

  test('streams without end of one connection leave others their turn', async () => {
    const [flooder, honest] = [await greet(), await greet()]
    const open = (id: number): Frame =>
      ({
        ...call(id, 'endless', { itemBytes: 100 }),
        type: FrameType.Open,
        resume: undefined,
      }) as Frame
    await whileFrozen(() => {
      flooder.send(...ids.slice(0, 128).map(open))
      honest.send(call(1, 'light', { n: 1 }))
    })
    expect(await answerOf(honest)).toBe(1)
  })
})
