import { describe, expect, test } from 'vitest'
import { PartQueue } from './part-queue.ts'
import { encodePollAnswer, PIECE_BYTES } from './poll-body.ts'
import { POLL_LIMITS } from './poll-limits.ts'

const message = (length: number): Uint8Array => new Uint8Array(length)

function lengths({ seq, parts }: ReturnType<PartQueue['takeNew']>): readonly [number, ...(number | string)[]] {
  return [seq, ...parts.map((part) => (part.type === 'close' ? part.reason : part.bytes.byteLength))]
}

describe('a queue of parts', () => {
  test('keeps what is not acknowledged, under the same numbers', () => {
    const queue = new PartQueue()
    queue.push(message(1))
    queue.push(message(2))
    expect(lengths(queue.takeUnacknowledged())).toEqual([1, 1, 2])
    queue.push(message(3))
    expect(lengths(queue.takeUnacknowledged())).toEqual([1, 1, 2, 3])
    expect(queue.acknowledge(2)).toBe(true)
    expect(lengths(queue.takeUnacknowledged())).toEqual([3, 3])
    expect([queue.last, queue.acknowledged, queue.backlogBytes]).toEqual([3, 2, 3])
    expect(queue.acknowledge(1)).toBe(true)
    expect(queue.acknowledge(3)).toBe(true)
    expect(lengths(queue.takeUnacknowledged())).toEqual([0])
    expect([queue.isEmpty, queue.backlogBytes]).toEqual([true, 0])
  })

  test('gives out what is new once', () => {
    const queue = new PartQueue()
    queue.push(message(1))
    expect(lengths(queue.takeNew())).toEqual([1, 1])
    queue.push(message(2))
    expect(lengths(queue.takeNew())).toEqual([2, 2])
    expect(lengths(queue.takeNew())).toEqual([0])
    expect(lengths(queue.takeUnacknowledged())).toEqual([1, 1, 2])
  })

  test('believes no acknowledgement of what was never there', () => {
    const queue = new PartQueue()
    queue.push(message(1))
    expect(queue.acknowledge(2)).toBe(false)
    expect(queue.acknowledge(1)).toBe(true)
  })

  test('cuts a message into pieces that fill bodies, and at the limit into none', () => {
    const queue = new PartQueue()
    queue.push(message(PIECE_BYTES))
    expect(queue.last).toBe(1)
    queue.push(message(2 * PIECE_BYTES + 1))
    expect(queue.last).toBe(4)
    for (const [number, size] of [PIECE_BYTES, PIECE_BYTES, PIECE_BYTES].entries()) {
      const batch = queue.takeUnacknowledged()
      expect(lengths(batch)).toEqual([number + 1, size])
      expect(encodePollAnswer({ ...batch, ack: 0 }).byteLength).toBeLessThanOrEqual(POLL_LIMITS.bodyBytes)
      queue.acknowledge(number + 1)
    }
    expect(queue.takeUnacknowledged().parts).toMatchObject([{ last: true, bytes: message(1) }])
  })

  test('puts as many parts into a body as it may hold', () => {
    const queue = new PartQueue()
    for (let n = 0; n <= POLL_LIMITS.bodyParts; n += 1) queue.push(message(1))
    expect(queue.takeNew().parts).toHaveLength(POLL_LIMITS.bodyParts)
    expect(queue.takeNew()).toMatchObject({ seq: POLL_LIMITS.bodyParts + 1, parts: [{}] })
  })

  test('closes behind everything', () => {
    const queue = new PartQueue()
    queue.push(message(1))
    queue.close(4000, 'why')
    expect(lengths(queue.takeUnacknowledged())).toEqual([1, 1, 'why'])
    queue.clear()
    expect([queue.isEmpty, queue.backlogBytes]).toEqual([true, 0])
  })
})
