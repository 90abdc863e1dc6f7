import { expect, test } from 'vitest'
import { frameMessage, MessageReader } from './message-reader.ts'

const bytesOf = (...messages: readonly object[]): Buffer => Buffer.from(messages.map(frameMessage).join(''))

test('messages come out whole, however they were cut', () => {
  const bytes = bytesOf({ id: 1, result: 'naïve' }, { method: 'a' })
  const reader = new MessageReader()
  const found = Array.from(bytes, (byte) => reader.push(Uint8Array.of(byte))).flat()
  expect(found).toEqual([{ id: 1, result: 'naïve' }, { method: 'a' }])
})

test('several messages in one piece, and the begin of another', () => {
  const bytes = bytesOf({ id: 1 }, { id: 2 }, { id: 3 })
  const reader = new MessageReader()
  expect(reader.push(bytes.subarray(0, -1))).toEqual([{ id: 1 }, { id: 2 }])
  expect(reader.push(bytes.subarray(-1))).toEqual([{ id: 3 }])
})

test('what says no length is refused', () => {
  expect(() => new MessageReader().push(Buffer.from('Content-Type: x\r\n\r\n{}'))).toThrow(/Content-Length/)
})
