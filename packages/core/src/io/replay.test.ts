import { describe, expect, test } from 'vitest'
import { type KeptBody, Replay } from './replay.ts'

function kept(seq: number, count: number, bytes = 10): KeptBody {
  return { seq, count, body: new Uint8Array(bytes), plain: false, requests: [] }
}

function numbersOf(replay: Replay): number[] {
  return replay.unacknowledged().map(({ seq }) => seq)
}

describe('what is kept to be sent again', () => {
  test('is as much as was sent and not acknowledged, oldest first', () => {
    const replay = new Replay({ bytes: 1000, frames: 100 })
    replay.keep(kept(1, 2, 100))
    replay.keep(kept(3, 1, 50))
    expect([replay.byteLength, replay.frameCount]).toEqual([150, 3])
    expect(numbersOf(replay)).toEqual([1, 3])
    replay.free(2)
    expect([replay.byteLength, replay.frameCount]).toEqual([50, 1])
    expect(numbersOf(replay)).toEqual([3])
  })

  test('keeps a body until its last frame is acknowledged', () => {
    const replay = new Replay({ bytes: 1000, frames: 100 })
    replay.keep(kept(1, 3))
    expect(replay.free(0)).toBe(false)
    expect(replay.free(2)).toBe(false)
    expect(numbersOf(replay)).toEqual([1])
    expect(replay.free(3)).toBe(true)
    expect(numbersOf(replay)).toEqual([])
  })

  test('takes an acknowledgement again, or an older one, for no news', () => {
    const replay = new Replay({ bytes: 1000, frames: 100 })
    for (const seq of [1, 2, 3]) replay.keep(kept(seq, 1))
    expect(replay.free(2)).toBe(true)
    expect(replay.free(2)).toBe(false)
    expect(replay.free(1)).toBe(false)
    expect(numbersOf(replay)).toEqual([3])
  })

  test('is nothing after it was cleared', () => {
    const replay = new Replay({ bytes: 10, frames: 1 })
    replay.keep(kept(1, 1))
    replay.free(1)
    replay.keep(kept(2, 1))
    replay.clear()
    expect([replay.byteLength, replay.frameCount]).toEqual([0, 0])
    expect(replay.roomBytes(9, 0) > 0).toBe(true)
    replay.keep(kept(3, 1))
    expect(numbersOf(replay)).toEqual([3])
  })

  test.each([0.7, 0.3, 0.05])('stays in order where each acknowledgement covers a share of %d', (share) => {
    const replay = new Replay({ bytes: Number.POSITIVE_INFINITY, frames: Number.POSITIVE_INFINITY })
    let sent = 0
    let acknowledged = 0
    // Bursts of every length around those at which freed places are taken away, acknowledged in part.
    for (let burst = 1; burst <= 150; burst++) {
      for (let i = 0; i < burst; i++) replay.keep(kept(++sent, 1, 3))
      acknowledged += Math.floor((sent - acknowledged) * share)
      replay.free(acknowledged)
      expect(replay.frameCount).toBe(sent - acknowledged)
      expect(replay.byteLength).toBe(3 * (sent - acknowledged))
      expect(numbersOf(replay)).toEqual(Array.from({ length: sent - acknowledged }, (_, i) => acknowledged + 1 + i))
    }
  })
})

describe('room', () => {
  test.each([
    ['one byte below the limit', 99, 0, true],
    ['at the limit of bytes', 100, 0, false],
    ['one byte past it', 101, 0, false],
    ['one frame below the limit', 0, 3, true],
    ['at the limit of frames', 0, 4, false],
    ['one frame past it', 0, 5, false],
  ])('%s, with %i bytes and %i frames on their way: %s', (_, bytes, frames, expected) => {
    expect(new Replay({ bytes: 100, frames: 4 }).roomBytes(bytes, frames) > 0).toBe(expected)
  })

  test('is taken by what is kept, too, and comes back with acknowledgements', () => {
    const replay = new Replay({ bytes: 100, frames: 4 })
    replay.keep(kept(1, 2, 60))
    expect([replay.roomBytes(39, 1) > 0, replay.roomBytes(40, 1) > 0, replay.roomBytes(39, 2) > 0]).toEqual([
      true,
      false,
      false,
    ])
    replay.keep(kept(3, 2, 10))
    expect(replay.roomBytes(0, 0) > 0).toBe(false)
    replay.free(2)
    expect([replay.roomBytes(89, 1) > 0, replay.roomBytes(90, 1) > 0, replay.roomBytes(89, 2) > 0]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('is none behind one body that is larger than the limit', () => {
    const replay = new Replay({ bytes: 100, frames: 4 })
    replay.keep(kept(1, 1, 5000))
    expect(replay.roomBytes(0, 0) > 0).toBe(false)
    replay.free(1)
    expect(replay.roomBytes(0, 0) > 0).toBe(true)
  })
})
