import { describe, expect, test } from 'vitest'
import { ACK_AFTER_BYTES, ACK_AFTER_FRAMES, ACK_LATEST_MS, ACK_QUIET_MS, Sequence } from './sequence.ts'

const header = (seq: number, count: number, ack = 0) => ({ seq, count, ack })

function receive(sequence: Sequence, seq: number, count: number, byteLength: number, now: number): void {
  expect(sequence.admit(header(seq, count), byteLength, now)).toBe('accept')
  sequence.accept(count, now)
}

describe('a sequence', () => {
  test('numbers counted frames from 1 and messages without any with 0', () => {
    const sequence = new Sequence()
    expect(sequence.stamp(0, 10, 0)).toEqual(header(0, 0))
    expect(sequence.stamp(3, 10, 0)).toEqual(header(1, 3))
    expect(sequence.stamp(1, 10, 0)).toEqual(header(4, 1))
    expect(sequence.sent).toBe(4)
  })

  test('acknowledges what was accepted, not what was only admitted', () => {
    const sequence = new Sequence()
    sequence.admit(header(1, 2), 10, 0)
    expect(sequence.stamp(0, 0, 0).ack).toBe(0)
    sequence.accept(2, 0)
    expect(sequence.stamp(0, 0, 0).ack).toBe(2)
  })

  test('judges by what was admitted, so that messages may wait to be decoded', () => {
    const sequence = new Sequence()
    expect(sequence.admit(header(1, 2), 10, 0)).toBe('accept')
    expect(sequence.admit(header(3, 1), 10, 0)).toBe('accept')
    expect(sequence.admit(header(1, 2), 10, 0)).toBe('duplicate')
  })

  test('still acknowledges a duplicate, at once', () => {
    const sequence = new Sequence()
    receive(sequence, 1, 1, 10, 0)
    sequence.stamp(0, 0, 0)
    sequence.admit(header(1, 1), 10, 50)
    expect(sequence.ackDueAt).toBe(50)
  })

  test.each([
    ['a gap', 4410, header(3, 1)],
    ['a partial overlap', 4410, header(1, 2)],
    ['an ack above what was sent', 4400, header(2, 1, 1)],
  ])('refuses %s with %i', (_, closeCode, wrong) => {
    const sequence = new Sequence()
    receive(sequence, 1, 1, 10, 0)
    expect(() => sequence.admit(wrong, 10, 0)).toThrow(expect.objectContaining({ closeCode }))
  })

  test('accepts an ack of exactly what was sent, and of less again', () => {
    const sequence = new Sequence()
    sequence.stamp(2, 10, 0)
    expect(sequence.admit(header(0, 0, 2), 10, 0)).toBe('accept')
    expect(sequence.admit(header(0, 0, 1), 10, 0)).toBe('accept')
  })
})

describe('an acknowledgement', () => {
  test('is due once nothing has come for a while, once, unless a message carries it before', () => {
    const sequence = new Sequence()
    receive(sequence, 1, 1, 10, 1_000)
    receive(sequence, 2, 1, 10, 1_100)
    expect(sequence.ackDueAt).toBe(1_100 + ACK_QUIET_MS)
    expect(sequence.takeDueAck(1_100 + ACK_QUIET_MS - 1)).toBe(false)
    expect(sequence.takeDueAck(1_100 + ACK_QUIET_MS)).toBe(true)
    expect(sequence.takeDueAck(1_100 + ACK_QUIET_MS)).toBe(false)
    expect(sequence.ackDueAt).toBeUndefined()

    receive(sequence, 3, 1, 10, 2_000)
    sequence.stamp(1, 10, 2_000)
    expect(sequence.ackDueAt).toBeUndefined()
  })

  test('is due in the end though there is always more', () => {
    const sequence = new Sequence()
    const every = ACK_QUIET_MS / 2
    let now = 0
    for (let seq = 1; now < ACK_LATEST_MS; seq += 1, now += every) {
      expect(sequence.takeDueAck(now)).toBe(false)
      receive(sequence, seq, 1, 10, now)
    }
    expect(sequence.ackDueAt).toBe(ACK_LATEST_MS)
    expect(sequence.takeDueAck(now)).toBe(true)
    // The next one has as much time again.
    sequence.stamp(0, 0, now)
    receive(sequence, 11, 1, 10, now)
    expect(sequence.ackDueAt).toBe(now + ACK_QUIET_MS)
  })

  test('is not due for messages without counted frames', () => {
    const sequence = new Sequence()
    receive(sequence, 0, 0, ACK_AFTER_BYTES, 0)
    expect(sequence.ackDueAt).toBeUndefined()
  })

  test.each([
    [ACK_AFTER_FRAMES - 1, ACK_QUIET_MS],
    [ACK_AFTER_FRAMES, 0],
  ])('of %i frames is due after %i ms', (frames, dueAt) => {
    const sequence = new Sequence()
    receive(sequence, 1, frames, 10, 0)
    expect(sequence.ackDueAt).toBe(dueAt)
  })

  test.each([
    [ACK_AFTER_BYTES - 1, ACK_QUIET_MS],
    [ACK_AFTER_BYTES, 0],
  ])('of %i bytes is due after %i ms', (bytes, dueAt) => {
    const sequence = new Sequence()
    receive(sequence, 1, 1, 10, 0)
    receive(sequence, 2, 1, bytes - 10, 0)
    expect(sequence.ackDueAt).toBe(dueAt)
  })
})

test('bytes that a message has acknowledged do not count again', () => {
  const sequence = new Sequence()
  receive(sequence, 1, 1, ACK_AFTER_BYTES - 1, 0)
  sequence.stamp(0, 0, 0)
  receive(sequence, 2, 1, 1, 0)
  expect(sequence.ackDueAt).toBe(ACK_QUIET_MS)
})

describe('unacknowledged data', () => {
  test('is as old as its oldest message, until that is acknowledged', () => {
    const sequence = new Sequence()
    expect(sequence.unacked).toBeUndefined()
    sequence.stamp(1, 100, 10)
    sequence.stamp(1, 200, 20)
    expect(sequence.unacked).toMatchObject({ since: 10, bytes: 100 })
    sequence.admit(header(0, 0, 1), 10, 30)
    expect(sequence.unacked).toMatchObject({ since: 30, bytes: 200 })
    sequence.admit(header(0, 0, 2), 10, 40)
    expect(sequence.unacked).toBeUndefined()
  })

  test('does not count messages without counted frames', () => {
    const sequence = new Sequence()
    sequence.stamp(0, 100, 10)
    expect(sequence.unacked).toBeUndefined()
  })
})

describe('another connection', () => {
  test('goes on from what the other end has accepted: what it says is an acknowledgement', () => {
    const sequence = new Sequence()
    sequence.stamp(5, 10, 0)
    sequence.continueFrom(3, 100)
    expect(sequence.acked).toBe(3)
    expect(sequence.stamp(1, 10, 100)).toEqual(header(6, 1))
  })

  test('keeps a later acknowledgement that came over the one before', () => {
    const sequence = new Sequence()
    sequence.stamp(5, 10, 0)
    sequence.admit(header(0, 0, 4), 10, 0)
    sequence.continueFrom(2, 100)
    expect(sequence.acked).toBe(4)
  })

  test('goes on from all that was sent, and from nothing above it', () => {
    const sequence = new Sequence()
    sequence.stamp(5, 10, 0)
    expect([sequence.canContinueFrom(5), sequence.canContinueFrom(6)]).toEqual([true, false])
    expect(() => sequence.continueFrom(6, 0)).toThrow(expect.objectContaining({ closeCode: 4400 }))
    expect(sequence.acked).toBe(0)
    sequence.continueFrom(5, 0)
    expect(sequence.acked).toBe(5)
  })

  test('is sent again what was admitted and not accepted, and takes what was accepted for a duplicate', () => {
    const sequence = new Sequence()
    receive(sequence, 1, 2, 10, 0)
    sequence.admit(header(3, 2), 10, 0)
    sequence.continueFrom(0, 100)
    expect(sequence.accepted).toBe(2)
    expect(sequence.admit(header(1, 2), 10, 100)).toBe('duplicate')
    expect(sequence.admit(header(3, 2), 10, 100)).toBe('accept')
    expect(sequence.admit(header(5, 1), 10, 100)).toBe('accept')
  })

  test('owes no acknowledgement: HELLO and WELCOME have told', () => {
    const sequence = new Sequence()
    receive(sequence, 1, 1, ACK_AFTER_BYTES - 1, 0)
    sequence.continueFrom(0, 100)
    expect(sequence.ackDueAt).toBeUndefined()
    // Neither do its bytes count with those that come over this one.
    receive(sequence, 2, 1, 1, 100)
    expect(sequence.ackDueAt).toBe(100 + ACK_QUIET_MS)
  })

  test('gives what it sends again its old numbers and the latest acknowledgement, which settles the debt', () => {
    const sequence = new Sequence()
    sequence.stamp(2, 10, 0)
    sequence.stamp(1, 10, 0)
    sequence.continueFrom(2, 100)
    receive(sequence, 1, 1, 10, 100)
    expect(sequence.repeat(3, 1, 10)).toEqual(header(3, 1, 1))
    expect(sequence.ackDueAt).toBeUndefined()
    expect(sequence.sent).toBe(3)
  })

  test('has until now for what is unacknowledged, and all bytes that it is sent again', () => {
    const sequence = new Sequence()
    sequence.stamp(1, 100, 0)
    sequence.stamp(1, 100, 0)
    sequence.continueFrom(0, 500)
    sequence.repeat(1, 1, 40)
    sequence.repeat(2, 1, 50)
    expect(sequence.unacked).toEqual({ number: 2, since: 500, bytes: 90 })
    sequence.continueFrom(2, 600)
    expect(sequence.unacked).toBeUndefined()
  })
})
