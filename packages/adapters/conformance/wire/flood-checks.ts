import { type Frame, FrameType } from '@tautline/core/protocol'
import { describe, expect, test } from 'vitest'
import { serverCapabilities } from '../capabilities.ts'
import { call, codec, greetByHand, type HandClient } from '../hand-client.ts'
import { frameBytes, Opcode, tinyFragments } from './frame-bytes.ts'
import { readOutcome } from './frame-outcome.ts'
import { requestBytes } from './request-bytes.ts'
import { nextFrame, type WireBed } from './wire-bed.ts'

const MiB = 1024 * 1024
/** Many times what the slowest runtime was seen to take: a cost that grows with the square would be far beyond. */
const FLOOD_CPU_MS = 3000
const FLOOD_RSS_BYTES = 64 * MiB

const PINGS = 20_000
const CONNECTIONS = 200
const CANCELLED = 5_000
const IN_A_MESSAGE = 500

const TOO_MANY_FRAGMENTS = 'closed 1008'
const MALFORMED = 'closed 4422'

/** What is cheap to send and must not be dear to receive. After each of them the honest clients are served. */
export function describeFloods(bed: WireBed): void {
  const boundsFragments = serverCapabilities.boundedFragments.on[bed.kind] === true

  async function expectBoundedCost(flood: () => Promise<void>): Promise<void> {
    const before = await bed.usage()
    await flood()
    const after = await bed.usage()
    expect(after.cpuMs - before.cpuMs).toBeLessThan(FLOOD_CPU_MS)
    expect(after.rssBytes - before.rssBytes).toBeLessThan(FLOOD_RSS_BYTES)
  }

  async function greet(): Promise<HandClient> {
    const client = await greetByHand(bed.url('main'))
    bed.keep(client.raw)
    return client
  }

  /** Asks for things and cancels each at once, then for one more. */
  async function ask(request: (id: number) => Frame): Promise<Frame | undefined> {
    const client = await greet()
    for (let n = 0; n < CANCELLED; n += IN_A_MESSAGE) {
      const ids = Array.from({ length: IN_A_MESSAGE }, (_, more) => 2 * (n + more) + 1)
      client.send(...ids.flatMap((id): Frame[] => [request(id), { type: FrameType.Cancel, id }]))
      // Reads, so that what was answered is acknowledged: the server would wait for that.
      client.send({ type: FrameType.Ping, n, t: 0 })
      await client.find((frame) => frame.type === FrameType.Pong && frame.n === n)
    }
    const last = 2 * CANCELLED + 1
    client.send(call(last, 'add', { a: 1, b: 2 }))
    return client.find((frame) => frame.type === FrameType.Ok && frame.id === last)
  }

  describe('floods', () => {
    test.each([
      ['one byte', 1],
      ['no byte', 0],
    ])(`a million fragments of %s: ${boundsFragments ? TOO_MANY_FRAGMENTS : 'taken'}`, async (_, size) => {
      await expectBoundedCost(async () => {
        const peer = await bed.upgrade('main')
        void peer.write(tinyFragments(MiB, size))
        const { outcome } = await readOutcome(peer)
        // A message of zeros is none of the protocol: that was looked at.
        expect(outcome).toBe(boundsFragments ? TOO_MANY_FRAGMENTS : MALFORMED)
      })
    })

    test('pings whose pongs are read: answered, or cut', async () => {
      await expectBoundedCost(async () => {
        const peer = await bed.upgrade('echo')
        const ping = frameBytes(Opcode.Ping, Buffer.alloc(125, 1))
        const last = frameBytes(Opcode.Binary, Buffer.from('last'))
        void peer.write(Buffer.concat([Buffer.alloc(PINGS * ping.byteLength, ping), last]))
        let frame = await nextFrame(peer)
        while (frame?.opcode === Opcode.Pong) frame = await nextFrame(peer)
        expect(['last', undefined]).toContain(frame?.payload.toString())
      })
    })

    test('pings whose pongs are not read', async () => {
      await expectBoundedCost(async () => {
        const peer = await bed.upgrade('echo')
        peer.pause()
        const ping = frameBytes(Opcode.Ping, Buffer.alloc(125, 1))
        void peer.write(Buffer.alloc(5 * PINGS * ping.byteLength, ping))
        for (let n = 0; n < 20; n++) await bed.roundTrips()
      })
    })

    test(`half a request on each of ${CONNECTIONS} connections`, async () => {
      await expectBoundedCost(async () => {
        const half = requestBytes().subarray(0, 80)
        const peers = await Promise.all(Array.from({ length: CONNECTIONS }, () => bed.connect('main')))
        for (const peer of peers) await peer.write(half)
        await bed.serveHonestClients()
      })
    })

    test(`${CONNECTIONS} connections that say nothing behind their upgrade`, async () => {
      await expectBoundedCost(async () => {
        for (let n = 0; n < CONNECTIONS; n++) await bed.upgrade('main')
        await bed.serveHonestClients()
      })
    })

    test('calls that are cancelled at once', async () => {
      await expectBoundedCost(async () => {
        expect(await ask((id) => call(id, 'hold'))).toBeDefined()
      })
    })

    test('topics that are listened to and cancelled at once', async () => {
      await expectBoundedCost(async () => {
        const params = codec.encode({ room: 1 })
        expect(await ask((id) => ({ type: FrameType.Listen, id, event: 'news', params }))).toBeDefined()
      })
    })
  })
}
