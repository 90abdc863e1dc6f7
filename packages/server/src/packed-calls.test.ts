import { entryOf, query, router } from '@tautline/core'
import { type CallFrame, FrameType, type Payload } from '@tautline/core/protocol'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { implement } from './index.ts'
import { createBench } from './test-bench.fixture.ts'

const api = router({
  add: query({ input: v.object({ a: v.number(), b: v.array(v.string()) }), output: v.string() }),
})

const implementation = implement(api).handlers({ add: ({ input: { a, b } }) => `${a} ${b.join(' ')}` })

function bytes(hex: string): Payload {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}

function call(id: number, hex: string): CallFrame {
  const { index } = entryOf(api.add)
  return { type: FrameType.Call, id, procedure: index, input: bytes(hex), timeoutMs: undefined, meta: undefined }
}

async function greeted() {
  const bench = createBench(implementation)
  const peer = await bench.connectRaw()
  await bench.run(peer.hello({ contractHash: implementation['~contract'].hash }))
  return { bench, peer }
}

describe('input that came with an index', () => {
  test.each([
    ['packed', '920191a178'],
    ['a plain value that is marked', '81a082a16101a16291a178'],
  ])('is taken: %s', async (_, hex) => {
    const { bench, peer } = await greeted()
    peer.send(call(1, hex))
    expect(await bench.run(peer.next(FrameType.Ok))).toMatchObject({ id: 1, output: bytes('a3312078') })
  })

  test.each([
    ['a plain value that is not marked', '82a16101a16291a178'],
    ['a column of text that is missing', '920192c290'],
    ['pieces of text that there are not', '920193c2dc0003ffffffa0'],
    ['another type', '92a16190'],
    ['nothing of it', '90'],
    ['too much', '93019090'],
    ['a marked value that is not valid', '81a081a161c0'],
  ])('is refused, and the connection lives: %s', async (_, hex) => {
    const { bench, peer } = await greeted()
    peer.send(call(1, hex))
    expect(await bench.run(peer.next(FrameType.Error))).toMatchObject({ id: 1, code: 'INVALID_INPUT' })
    peer.send(call(3, '920190'))
    expect(await bench.run(peer.next(FrameType.Ok))).toMatchObject({ id: 3 })
  })
})
