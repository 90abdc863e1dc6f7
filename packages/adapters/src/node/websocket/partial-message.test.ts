import { expect, test } from 'vitest'
import { PartialMessage } from './partial-message.ts'

const MiB = 1024 * 1024

test('what was announced takes no memory before it comes', () => {
  const message = new PartialMessage(2)
  message.beginFrame({ byteLength: 64 * MiB, mask: 0, isLast: true })
  expect(message.room).toBe(0)
  message.add(new Uint8Array(1000))
  expect(message.room).toBeLessThan(5000)
  expect(message.missingBytes).toBe(64 * MiB - 1000)
})

test('a message of known length has no more room than it needs', () => {
  const message = new PartialMessage(2)
  message.beginFrame({ byteLength: MiB, mask: 0, isLast: true })
  while (message.missingBytes > 0) message.add(new Uint8Array(Math.min(65_536, message.missingBytes)))
  expect(message.room).toBe(MiB)
})

test('many small fragments move what came before them seldom', () => {
  const message = new PartialMessage(2)
  const rooms = new Set<number>()
  for (let n = 0; n < 100_000; n += 1) {
    message.beginFrame({ byteLength: 1, mask: 0, isLast: false })
    message.add(Uint8Array.of(1))
    rooms.add(message.room)
  }
  expect(message.bytes).toEqual(new Uint8Array(100_000).fill(1))
  expect(rooms.size).toBeLessThan(20)
  expect(message.room).toBeLessThan(4 * 100_000)
})
