import { rawHello } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { SessionRegistry } from './session-registry.ts'
import { SessionTicket } from './session-ticket.ts'

const NO_BOUNDS = { maxDetached: 100, maxDetachedBytes: 1000, maxDetachedPerOwner: 100, maxDetachedBytesPerOwner: 1000 }

function createRegistry(limits = NO_BOUNDS) {
  const limited: string[] = []
  const registry = new SessionRegistry<ReturnType<typeof create>>(limits, (limit) => void limited.push(limit))
  const expired: string[] = []
  let draws = 0
  function create(name: string, keptBytes = 0, owner?: string) {
    const ticket = new SessionTicket((length) => new Uint8Array(length).fill(++draws))
    const token = ticket.issue({ token: undefined, attempt: 1 })
    return {
      ticket,
      token,
      keptBytes,
      owner,
      expire: () => void expired.push(name),
    }
  }
  /** A session as a server keeps it: there, then without a connection. */
  function detached(name: string, keptBytes = 0, owner?: string) {
    const session = create(name, keptBytes, owner)
    registry.add(session)
    registry.detach(session)
    return session
  }
  return { registry, expired, limited, create, detached }
}

describe('finding the session of a HELLO', () => {
  test('tells a session that is there from what else may be', () => {
    const { registry, create } = createRegistry()
    const session = create('a')
    const { sid } = session.ticket
    const { token } = session
    const hello = { sid, token, attempt: 2 }
    expect(registry.find(rawHello(hello))).toEqual({ type: 'none', reason: 'unknown' })
    registry.add(session)
    expect(registry.find(rawHello(hello))).toEqual({ type: 'session', session })
    expect(registry.find(rawHello({ ...hello, attempt: 1 }))).toEqual({ type: 'late' })
    expect(registry.find(rawHello({ ...hello, token: new Uint8Array(32) }))).toEqual({
      type: 'none',
      reason: 'superseded',
    })
    expect(registry.find(rawHello({ ...hello, sid: 'x' }))).toEqual({ type: 'none', reason: 'unknown' })
    expect(registry.find(rawHello({ ...hello, sid: undefined }))).toEqual({ type: 'none', reason: 'unknown' })
    registry.remove(session)
    expect(registry.find(rawHello(hello))).toEqual({ type: 'none', reason: 'unknown' })
    expect(registry.size).toBe(0)
  })
})

describe('sessions that wait', () => {
  test('are counted with the bytes that they keep, until they are attached or over', () => {
    const { registry, detached } = createRegistry()
    const [a, b] = [detached('a', 100), detached('b', 200)]
    expect([registry.size, registry.detached, registry.detachedBytes]).toEqual([2, 2, 300])
    registry.attach(a)
    expect([registry.size, registry.detached, registry.detachedBytes]).toEqual([2, 1, 200])
    registry.remove(b)
    expect([registry.size, registry.detached, registry.detachedBytes]).toEqual([1, 0, 0])
    for (const session of [a, b]) {
      registry.attach(session)
      registry.remove(session)
    }
    expect([registry.size, registry.detached, registry.detachedBytes]).toEqual([0, 0, 0])
  })

  test('are none of those that the registry does not know', () => {
    const { registry, create } = createRegistry()
    const stranger = create('a', 100)
    registry.detach(stranger)
    registry.note(stranger)
    expect([registry.detached, registry.detachedBytes]).toEqual([0, 0])
  })

  test('may be given more to keep, and less', () => {
    const { registry, detached } = createRegistry()
    const session = detached('a', 100)
    session.keptBytes = 250
    registry.note(session)
    expect(registry.detachedBytes).toBe(250)
    session.keptBytes = 50
    registry.note(session)
    expect(registry.detachedBytes).toBe(50)
    registry.attach(session)
    session.keptBytes = 900
    registry.note(session)
    expect(registry.detachedBytes).toBe(0)
  })

  test('end, oldest first, where there are more than may be, and none at the limit', () => {
    const { registry, expired, detached } = createRegistry({ ...NO_BOUNDS, maxDetached: 2 })
    detached('a')
    detached('b')
    expect(expired).toEqual([])
    detached('c')
    expect(expired).toEqual(['a'])
    detached('d')
    expect(expired).toEqual(['a', 'b'])
    expect(registry.detached).toBe(2)
  })

  test('end, oldest first, where they keep more bytes than may be, and none at the limit', () => {
    const { registry, expired, detached } = createRegistry({ ...NO_BOUNDS, maxDetachedBytes: 300 })
    detached('a', 100)
    const b = detached('b', 100)
    detached('c', 100)
    expect(expired).toEqual([])
    b.keptBytes = 101
    registry.note(b)
    expect(expired).toEqual(['a'])
    detached('d', 250)
    expect(expired).toEqual(['a', 'b', 'c'])
    expect([registry.detached, registry.detachedBytes]).toEqual([1, 250])
    detached('e', 301)
    expect(expired).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect([registry.detached, registry.detachedBytes]).toEqual([0, 0])
  })

  test('of one owner end, oldest first, where there are more than one may have, and those of others do not', () => {
    const { registry, expired, detached } = createRegistry({ ...NO_BOUNDS, maxDetachedPerOwner: 2 })
    detached('first of bob', 0, 'bob')
    for (let i = 1; i <= 2; i += 1) detached(`${i} of ada`, 0, 'ada')
    expect(expired).toEqual([])
    for (let i = 3; i <= 50; i += 1) detached(`${i} of ada`, 0, 'ada')
    expect(expired).toHaveLength(48)
    expect(expired.slice(0, 2)).toEqual(['1 of ada', '2 of ada'])
    expect(registry.detached).toBe(3)
    for (let i = 1; i <= 10; i += 1) detached(`${i} of nobody`)
    expect([registry.detached, expired.length]).toEqual([13, 48])
  })

  test('of one owner end, oldest first, where they keep more bytes than those of one may', () => {
    const { registry, expired, detached } = createRegistry({ ...NO_BOUNDS, maxDetachedBytesPerOwner: 300 })
    detached('of bob', 300, 'bob')
    detached('a', 100, 'ada')
    const b = detached('b', 200, 'ada')
    expect(expired).toEqual([])
    b.keptBytes = 201
    registry.note(b)
    expect(expired).toEqual(['a'])
    registry.attach(b)
    detached('c', 300, 'ada')
    expect([expired, registry.detachedBytes]).toEqual([['a'], 600])
  })

  test('are counted by the limit that ended them', () => {
    const { limited, detached } = createRegistry({
      maxDetached: 3,
      maxDetachedBytes: 100,
      maxDetachedPerOwner: 1,
      maxDetachedBytesPerOwner: 50,
    })
    detached('a', 0, 'ada')
    detached('b', 0, 'ada')
    detached('c', 51, 'ada')
    expect(limited.splice(0)).toEqual(['detachedPerOwner', 'detachedPerOwner', 'detachedBytesPerOwner'])
    detached('d', 40)
    detached('e', 61)
    detached('f')
    detached('g')
    detached('h')
    expect(limited).toEqual(['detachedBytes', 'detached'])
  })

  test('are as old as their latest loss', () => {
    const { registry, expired, detached } = createRegistry({ ...NO_BOUNDS, maxDetached: 2 })
    const a = detached('a')
    detached('b')
    registry.attach(a)
    registry.detach(a)
    detached('c')
    expect(expired).toEqual(['b'])
  })

  test('end together, and those with a connection do not', () => {
    const { registry, expired, detached, create } = createRegistry()
    registry.add(create('attached'))
    detached('a')
    detached('b')
    registry.expireDetached('The server goes away')
    expect(expired).toEqual(['a', 'b'])
  })
})
