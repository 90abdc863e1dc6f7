import { expect, test } from 'vitest'
import { type Frame, FrameType } from '../protocol/frame.ts'
import { PlainIds } from './plain-ids.ts'

const OWN = 1
const PEERS = 2

function setUp(): PlainIds {
  const ids = new PlainIds((id) => id % 2 === 1)
  ids.add(OWN)
  ids.add(PEERS)
  return ids
}

const item = (id: number): Frame => ({
  type: FrameType.Items,
  id,
  count: 1,
  values: Uint8Array.of(0x91, 0xc0),
  resumes: undefined,
})
const ok = (id: number): Frame => ({ type: FrameType.Ok, id, output: undefined })
const error = (id: number): Frame => ({ type: FrameType.Error, id, code: 'NO', message: '', data: undefined })
const end = (id: number): Frame => ({ type: FrameType.End, id })
const cancel = (id: number): Frame => ({ type: FrameType.Cancel, id })

test('keeps every frame of an id plain, and no other', () => {
  const ids = setUp()
  expect(ids.take(item(OWN))).toBe(true)
  expect(ids.take(item(OWN))).toBe(true)
  expect(ids.take(item(3))).toBe(false)
  expect(ids.take({ type: FrameType.Ping, n: 1, t: 1 })).toBe(false)
})

test.each([
  ['OK', ok(PEERS)],
  ['ERROR', error(PEERS)],
  ['END of a stream of the peer’s', end(PEERS)],
  ['CANCEL', cancel(OWN)],
])('keeps %s plain too, and forgets the id with it', (_name, frame) => {
  const ids = setUp()
  expect(ids.take(frame)).toBe(true)
  expect(ids.take(frame)).toBe(false)
})

test('remembers a stream of ours past our own END: the peer has not settled it', () => {
  const ids = setUp()
  expect(ids.take(end(OWN))).toBe(true)
  expect(ids.take(cancel(OWN))).toBe(true)
})

test.each([
  { type: 'ok', id: OWN, output: undefined },
  { type: 'error', id: OWN, code: 'NO', message: '', data: undefined },
  { type: 'timeout', id: OWN },
  { type: 'end', id: OWN },
] as const)('forgets one of ours with the effect $type', (effect) => {
  const ids = setUp()
  ids.settledBy(effect)
  expect(ids.take(cancel(OWN))).toBe(false)
})

test('forgets one of the peer’s when it aborts it, and not when it ends its items', () => {
  const ids = setUp()
  ids.settledBy({ type: 'end', id: PEERS })
  expect(ids.take(item(PEERS))).toBe(true)
  ids.settledBy({ type: 'abort', id: PEERS, why: 'cancelled' })
  expect(ids.take(item(PEERS))).toBe(false)
})

test('forgets one that is not going to leave', () => {
  const ids = setUp()
  ids.forget(OWN)
  expect(ids.take(cancel(OWN))).toBe(false)
})
