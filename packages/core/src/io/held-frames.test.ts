import { expect, test } from 'vitest'
import { type CountedFrame, FrameType } from '../protocol/frame.ts'
import { type Held, HeldFrames } from './held-frames.ts'
import { SharedFrame } from './shared-frame.ts'

const call = (id: number, bytes = 0): CountedFrame => ({
  type: FrameType.Call,
  id,
  procedure: 'a',
  timeoutMs: undefined,
  meta: undefined,
  input: new Uint8Array(bytes),
})
const cancel = (id: number): CountedFrame => ({ type: FrameType.Cancel, id })

function idOf({ frame }: Held): number {
  if (!('id' in frame)) throw new Error('Expected a frame with an id')
  return frame.id
}

function holding(...frames: readonly CountedFrame[]): HeldFrames {
  const held = new HeldFrames()
  for (const frame of frames) held.hold(frame, false)
  return held
}

test('leave in order while there is room, and what comes meanwhile stays behind the others', () => {
  const held = holding(call(1), call(3), call(5))
  const left: number[] = []
  held.release(
    () => left.length < 2,
    (one) => {
      left.push(idOf(one))
      held.hold(call(7 + left.length * 2), false)
    },
  )
  expect(left).toEqual([1, 3])
  expect(held.takeAll().map(idOf)).toEqual([5, 9, 11])
  expect([held.isEmpty, held.byteLength]).toEqual([true, 0])
})

test('one that leaves does not wait behind those that may have to stay', () => {
  const held = holding(call(1), call(3))
  const empty: boolean[] = []
  held.release(
    () => empty.length === 0,
    () => void empty.push(held.isEmpty),
  )
  expect(empty).toEqual([true])
  expect(held.isEmpty).toBe(false)
})

test('count as many bytes as they keep', () => {
  const held = new HeldFrames()
  held.hold(call(1, 1000), false)
  const own = held.byteLength
  expect(own).toBeGreaterThanOrEqual(1000)
  const shared = new SharedFrame(call(3, 50), false)
  held.holdShared(shared)
  expect(held.byteLength).toBe(own + shared.body.byteLength)
  held.release(
    () => true,
    () => {},
  )
  expect(held.byteLength).toBe(0)
})

test('requests are forgotten with all that follows them, and nothing else is', () => {
  const held = holding(call(1), cancel(2), cancel(1), call(3))
  expect(held.requests()).toEqual(new Set([1, 3]))
  expect(held.dropRequests()).toEqual(new Set([1, 3]))
  expect(held.takeAll().map(idOf)).toEqual([2])
  expect(held.byteLength).toBe(0)
  expect(held.dropRequests()).toEqual(new Set())
})
