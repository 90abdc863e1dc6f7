import { Caller } from '@tautline/core/peer'
import { createVirtualClock } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { createRecordingLink } from '../../core/src/peer/link.fixture.ts'
import { type Intent, Intents, type QueueLimits } from './intents.ts'
import type { Carrier } from './line.ts'

const NO_BOUNDS: QueueLimits = { calls: 1000, bytes: 1000 }
const GONE = { code: 'CONNECTION_LOST' } as const

function createCarrier(): Carrier {
  return { caller: new Caller(createRecordingLink(), () => {}), refOf: (entry) => entry.path }
}

interface Wish extends Partial<Omit<Intent, 'attach' | 'abandon' | 'handOver'>> {
  /** Whether it moves when its server goes away. @default false */
  readonly moves?: boolean
}

function setUp(limits = NO_BOUNDS) {
  const clock = createVirtualClock()
  let asked = 0
  const intents = new Intents(clock, limits, () => void asked++)
  const carriers = { first: createCarrier(), second: createCarrier() }
  /** What intents were told, as `name: word`. */
  const told: string[] = []
  const nameOf = (carrier: Carrier): string => (carrier === carriers.first ? 'first' : 'second')

  function want(name: string, { moves = false, ...wish }: Wish = {}): Intent {
    const intent: Intent = {
      byteLength: 0,
      serial: 0,
      deadlineAt: undefined,
      isRepeatable: false,
      ...wish,
      attach: (carrier) => void told.push(`${name}: ${nameOf(carrier)}`),
      abandon({ code }) {
        told.push(`${name}: ${code}`)
        intents.remove(intent)
      },
      ...(moves && { handOver: (from) => void told.push(`${name}: from ${nameOf(from)}`) }),
    }
    intents.add(intent)
    return intent
  }
  return { clock, intents, ...carriers, told, want, asked: () => asked }
}

describe('what is wanted before there is a connection', () => {
  test('asks for one, and waits', () => {
    const { intents, want, told, asked } = setUp()
    want('a')
    expect([intents.size, intents.waiting, asked(), told]).toEqual([1, 1, 1, []])
  })

  test('goes with HELLO in the order in which it came, and with WELCOME no second time', () => {
    const { intents, first, want, told } = setUp()
    for (const name of ['a', 'b']) want(name)
    intents.greet(first, 'everything')
    want('c')
    expect(told).toEqual(['a: first', 'b: first', 'c: first'])
    intents.accepted(first)
    expect(told).toHaveLength(3)
    expect([intents.size, intents.waiting]).toEqual([3, 0])
  })

  test('goes with HELLO only where it may run twice, while there may be another connection', () => {
    const { intents, first, second, want, told } = setUp()
    want('a')
    want('b', { isRepeatable: true })
    intents.greet(first, 'repeatable')
    want('c')
    want('d', { isRepeatable: true })
    expect(told).toEqual(['b: first', 'd: first'])
    // The other one is accepted: what went with the first comes back when that is closed.
    intents.accepted(second)
    expect(told.slice(2)).toEqual(['a: second', 'c: second'])
  })

  test('is told of the first HELLO alone', () => {
    const { intents, first, second, want, told } = setUp()
    want('a')
    intents.greet(first, 'everything')
    intents.greet(second, 'everything')
    want('b')
    expect(told).toEqual(['a: first', 'b: first'])
    intents.wait()
    intents.greet(second, 'everything')
    want('c')
    expect(told.at(-1)).toBe('c: second')
  })

  test('goes again where its connection was lost', () => {
    const { intents, first, second, want, told } = setUp()
    const a = want('a')
    intents.greet(first, 'everything')
    intents.wait()
    intents.again(a)
    expect(intents.waiting).toBe(1)
    intents.accepted(second)
    expect(told).toEqual(['a: first', 'a: second'])
    intents.remove(a)
    intents.again(a)
    expect([intents.size, told.length]).toEqual([0, 2])
  })

  test('is not sent any more at its deadline, and one moment before it is', () => {
    const { clock, intents, first, want, told } = setUp()
    want('a', { deadlineAt: 100 })
    want('b', { deadlineAt: 101 })
    clock.advance(99)
    expect(told).toEqual([])
    clock.advance(1)
    intents.accepted(first)
    expect(told).toEqual(['a: TIMEOUT', 'b: first'])
    want('c', { deadlineAt: 100 })
    expect(told.at(-1)).toBe('c: TIMEOUT')
    expect(clock.pending).toBe(0)
  })
})

describe('what may wait', () => {
  test.each([
    ['in number', { calls: 2, bytes: 1000 }, 1],
    ['in bytes', { calls: 1000, bytes: 100 }, 50],
  ])('is bounded %s, at the limit and one past it', (_, limits, byteLength) => {
    const { want, told } = setUp(limits)
    for (const name of ['a', 'b']) want(name, { byteLength })
    expect(told).toEqual([])
    want('c', { byteLength: 1 })
    expect(told).toEqual(['c: QUEUE_FULL'])
  })

  test('has all its room again once the server has accepted, and what is settled leaves its own', () => {
    const { intents, first, want, told } = setUp({ calls: 1, bytes: 1000 })
    intents.remove(want('a'))
    want('b')
    intents.greet(first, 'everything')
    want('c')
    expect(told).toEqual(['b: first', 'c: QUEUE_FULL'])
    intents.accepted(first)
    for (const name of ['d', 'e']) want(name)
    intents.wait()
    want('f')
    want('g')
    expect(told.slice(2)).toEqual(['d: first', 'e: first', 'g: QUEUE_FULL'])
  })
})

describe('a server that goes away', () => {
  test('has what can move told of it, where there is another connection', () => {
    const { intents, first, second, want, told } = setUp()
    intents.accepted(first)
    want('call')
    const stream = want('stream', { moves: true })
    want('topic', { moves: true })
    intents.remove(stream)
    intents.accepted(second)
    intents.handOver(first)
    expect(told).toEqual(['call: first', 'stream: first', 'topic: first', 'topic: from first'])
  })
})

describe('without hope for a connection', () => {
  test('what waits is abandoned, and what comes; what is under way stays', () => {
    const { intents, first, want, told } = setUp()
    intents.accepted(first)
    const under = want('under way')
    intents.wait()
    want('waiting')
    intents.stop(GONE)
    want('late')
    expect(told.slice(1)).toEqual(['waiting: CONNECTION_LOST', 'late: CONNECTION_LOST'])
    intents.again(under)
    expect(told.at(-1)).toBe('under way: CONNECTION_LOST')
    expect(intents.size).toBe(0)
  })

  test('there may be some again', () => {
    const { intents, first, want, told } = setUp()
    intents.stop(GONE)
    intents.wait()
    want('a')
    intents.accepted(first)
    expect(told).toEqual(['a: first'])
  })

  test('everything is abandoned when the client is closed, once', () => {
    const { clock, intents, first, want, told } = setUp()
    intents.accepted(first)
    want('under way')
    intents.wait()
    want('waiting', { deadlineAt: 100 })
    intents.close({ code: 'CLIENT_CLOSED' })
    expect(told.slice(1)).toEqual(['waiting: CLIENT_CLOSED', 'under way: CLIENT_CLOSED'])
    expect([intents.size, intents.waiting, clock.pending]).toEqual([0, 0, 0])
  })
})
