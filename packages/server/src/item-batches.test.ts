import { duplex, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { createValueCodec, DEFAULT_LIMITS, FrameType, type ItemsFrame } from '@tautline/core/protocol'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { createBench } from './test-bench.fixture.ts'

const codec = createValueCodec()
const api = router({ sum: duplex({ up: v.number(), output: v.number() }) })
const OPEN = {
  type: FrameType.Open,
  id: 1,
  procedure: 'sum',
  input: undefined,
  timeoutMs: undefined,
  meta: undefined,
  resume: undefined,
} as const

function itemsOf(values: unknown, count: number, id = 1): ItemsFrame {
  return { type: FrameType.Items, id, count, values: codec.encode(values), resumes: undefined }
}

async function open() {
  const received: number[] = []
  const bench = createBench(
    implement(api).handlers({
      async *sum({ up }) {
        for await (const item of up) received.push(item)
        yield received.length
      },
    }),
  )
  const peer = await bench.connectRaw()
  await bench.run(peer.hello())
  peer.send(OPEN)
  return { bench, peer, received }
}

test('items that came together are read one by one, each checked', async () => {
  const { bench, peer, received } = await open()
  peer.send(itemsOf([1, 2, 'three', 4], 4))
  expect(await bench.run(peer.next(FrameType.Error))).toMatchObject({ id: 1, code: 'INVALID_INPUT' })
  expect(received).toEqual([1, 2])
})

test.each([
  ['fewer items than were announced', [1, 2], 3],
  ['more items than were announced', [1, 2, 3], 2],
  ['no list', 7, 1],
])('%s fail the stream, and not the connection', async (_what, values, count) => {
  const { bench, peer, received } = await open()
  peer.send(itemsOf(values, count))
  expect(await bench.run(peer.next(FrameType.Error))).toMatchObject({ id: 1, code: 'INVALID_INPUT' })
  expect(received).toEqual([])
  peer.send({ ...OPEN, id: 3 }, itemsOf([5], 1, 3), { type: FrameType.End, id: 3 })
  expect(await bench.run(peer.next(FrameType.Items))).toMatchObject({ id: 3, count: 1 })
  expect(received).toEqual([5])
})

test('as many items as there is credit for may come together, and not one more', async () => {
  const most = Array.from({ length: DEFAULT_LIMITS.streamItems }, (_, n) => n)
  const polite = await open()
  polite.peer.send(itemsOf(most, most.length), { type: FrameType.End, id: 1 })
  expect(await polite.bench.run(polite.peer.next(FrameType.Items))).toMatchObject({ count: 1 })
  expect(polite.received).toEqual(most)

  const greedy = await open()
  greedy.peer.send(itemsOf([...most, 0], most.length + 1))
  expect(await greedy.bench.run(greedy.peer.next(FrameType.Close))).toMatchObject({ code: 4400 })
  expect(greedy.received).toEqual([])
})
