import { describe, expect, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import { SharedFrame } from './shared-frame.ts'
import { MAX_WAITING_BYTES, MAX_WAITING_EVENTS, VolatileSlots } from './volatile-slots.ts'

function event(slot: string | undefined, bodyBytes = 100): SharedFrame {
  const frame = { type: FrameType.VolatileEvent, event: 1, params: undefined, key: undefined } as const
  const heads = new SharedFrame({ ...frame, payload: bin(bodyBytes) }, true).body.byteLength - bodyBytes
  return new SharedFrame({ ...frame, payload: bin(bodyBytes - heads) }, true, slot)
}

/** A MessagePack `bin` of so many bytes in all. */
function bin(bytes: number): Uint8Array {
  const payload = new Uint8Array(bytes)
  payload[0] = 0xc6
  new DataView(payload.buffer).setUint32(1, bytes - 5)
  return payload
}

function takeAll(slots: VolatileSlots): (string | undefined)[] {
  const taken: (string | undefined)[] = []
  for (let frame = slots.take(); frame !== undefined; frame = slots.take()) taken.push(frame.slot)
  return taken
}

describe('VolatileSlots', () => {
  test('keeps the latest of each slot, in the place of the first', () => {
    const slots = new VolatileSlots()
    const latest = event('a', 300)
    for (const frame of [event('a'), event('b', 200), event('a'), latest]) expect(slots.put(frame)).toBe(true)
    expect(slots.stats).toEqual({ waiting: 2, waitingBytes: 500, dropped: 2 })
    expect(slots.take()).toBe(latest)
    expect(slots.take()?.slot).toBe('b')
    expect(slots.take()).toBeUndefined()
    expect(slots.stats).toEqual({ waiting: 0, waitingBytes: 0, dropped: 2 })
  })

  test('has no place for an event without a slot', () => {
    const slots = new VolatileSlots()
    expect(slots.put(event(undefined))).toBe(false)
    expect(slots.stats).toEqual({ waiting: 0, waitingBytes: 0, dropped: 1 })
  })

  test('holds so many events and drops the oldest for one more', () => {
    const slots = new VolatileSlots()
    for (let n = 1; n <= MAX_WAITING_EVENTS; n++) slots.put(event(`${n}`))
    expect(slots.stats).toMatchObject({ waiting: MAX_WAITING_EVENTS, dropped: 0 })
    slots.put(event('one more'))
    expect(slots.stats).toMatchObject({ waiting: MAX_WAITING_EVENTS, dropped: 1 })
    const taken = takeAll(slots)
    expect([taken[0], taken.at(-1)]).toEqual(['2', 'one more'])
  })

  test('holds so many bytes and drops the oldest for one more', () => {
    const slots = new VolatileSlots()
    slots.put(event('a', 100))
    slots.put(event('b', 100))
    slots.put(event('c', MAX_WAITING_BYTES - 200))
    expect(slots.stats).toEqual({ waiting: 3, waitingBytes: MAX_WAITING_BYTES, dropped: 0 })
    slots.put(event('b', 101))
    expect(slots.stats).toEqual({ waiting: 2, waitingBytes: MAX_WAITING_BYTES - 99, dropped: 2 })
    expect(takeAll(slots)).toEqual(['b', 'c'])
  })

  test('holds a single event of any size, also one that has grown in its place', () => {
    const slots = new VolatileSlots()
    slots.put(event('a', 100))
    slots.put(event('b', 100))
    slots.put(event('a', 2 * MAX_WAITING_BYTES))
    expect(slots.stats).toEqual({ waiting: 1, waitingBytes: 2 * MAX_WAITING_BYTES, dropped: 2 })
    expect(takeAll(slots)).toEqual(['a'])
  })

  test('forgets all when it is cleared', () => {
    const slots = new VolatileSlots()
    slots.put(event('a'))
    slots.put(event('b'))
    slots.clear()
    expect(slots.stats).toEqual({ waiting: 0, waitingBytes: 0, dropped: 2 })
    expect(slots.take()).toBeUndefined()
  })
})
