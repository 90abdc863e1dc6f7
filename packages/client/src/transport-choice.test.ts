import type { Connector } from '@tautline/core/io'
import { describe, expect, test } from 'vitest'
import { TransportChoice } from './transport-choice.ts'

/** Fixed by PROTOCOL.md, "Choosing a transport". */
const FALLBACK_AFTER_MS = 2_500
const PROVEN_AFTER_MS = 5_000
const PROVEN_FALLBACK_AFTER_MS = 7_500

function connector(kind: string): Connector {
  return {
    kind,
    connect() {
      throw new Error('Expected nobody to connect')
    },
  }
}

const WEBSOCKET = connector('websocket')
const POLL = connector('long-poll')

function choose(): TransportChoice {
  return new TransportChoice([WEBSOCKET, POLL])
}

/** A connection by that transport which lives for so long. */
function live(choice: TransportChoice, transport: string, ms: number): void {
  choice.connected(transport, 1000)
  choice.lost(1000 + ms)
}

test('with one transport there is nothing to choose', () => {
  const alone = new TransportChoice([WEBSOCKET])
  expect([alone.isAlone, choose().isAlone]).toEqual([true, false])
  for (let attempt = 0; attempt < 5; attempt++) {
    expect(alone.dial(attempt)).toBe(WEBSOCKET)
    alone.failed('websocket')
    expect(alone.nextDeadline()).toBeUndefined()
    expect(alone.handleTimeout(100_000)).toBeUndefined()
  }
})

test('the preferred transport is the first', () => {
  const choice = choose()
  expect(choice.preferred).toBe(WEBSOCKET)
  expect([choice.isPreferred('websocket'), choice.isPreferred('long-poll')]).toEqual([true, false])
})

describe('beside a first attempt', () => {
  test('the other one is tried after its time, once and not before', () => {
    const choice = choose()
    expect(choice.dial(100)).toBe(WEBSOCKET)
    expect(choice.nextDeadline()).toBe(100 + FALLBACK_AFTER_MS)
    expect(choice.handleTimeout(100 + FALLBACK_AFTER_MS - 1)).toBeUndefined()
    expect(choice.handleTimeout(100 + FALLBACK_AFTER_MS)).toBe(POLL)
    expect(choice.nextDeadline()).toBeUndefined()
    expect(choice.handleTimeout(1_000_000)).toBeUndefined()
  })

  test('the other one is tried at the very beginning, whatever comes of the first attempts', () => {
    const choice = choose()
    choice.dial(0)
    choice.failed('websocket')
    expect(choice.dial(1000)).toBe(WEBSOCKET)
    expect(choice.nextDeadline()).toBe(FALLBACK_AFTER_MS)
    expect(choice.handleTimeout(FALLBACK_AFTER_MS)).toBe(POLL)
  })

  test('no other one is tried where it has connected', () => {
    const choice = choose()
    choice.dial(0)
    choice.connected('websocket', 2000)
    expect(choice.nextDeadline()).toBeUndefined()
    expect(choice.handleTimeout(FALLBACK_AFTER_MS)).toBeUndefined()
  })
})

describe('later attempts', () => {
  test('have the other one beside them while they hang, and not when they fail: pauses spread clients', () => {
    const choice = choose()
    live(choice, 'websocket', PROVEN_AFTER_MS)
    choice.dial(10_000)
    expect(choice.nextDeadline()).toBe(10_000 + PROVEN_FALLBACK_AFTER_MS)
    choice.failed('websocket')
    expect(choice.nextDeadline()).toBeUndefined()
    expect(choice.dial(20_000)).toBe(WEBSOCKET)
    expect(choice.nextDeadline()).toBe(20_000 + PROVEN_FALLBACK_AFTER_MS)
  })

  test('have it beside them later where the preferred one was let through: a server that is slow is no network that blocks', () => {
    const choice = choose()
    live(choice, 'websocket', PROVEN_AFTER_MS)
    choice.dial(10_000)
    expect(choice.handleTimeout(10_000 + PROVEN_FALLBACK_AFTER_MS - 1)).toBeUndefined()
    expect(choice.handleTimeout(10_000 + PROVEN_FALLBACK_AFTER_MS)).toBe(POLL)
  })

  test('have it beside them as early as the first one where the network may be another', () => {
    const choice = choose()
    live(choice, 'websocket', PROVEN_AFTER_MS)
    choice.networkChanged()
    choice.dial(10_000)
    expect(choice.nextDeadline()).toBe(10_000 + FALLBACK_AFTER_MS)
  })

  test('have it beside them as early as the first one where the preferred one has failed twice since', () => {
    const choice = choose()
    live(choice, 'websocket', PROVEN_AFTER_MS)
    for (let i = 0; i < 2; i++) choice.failed('websocket')
    choice.failed('long-poll')
    choice.dial(10_000)
    expect(choice.nextDeadline()).toBe(10_000 + FALLBACK_AFTER_MS)
  })

  test('go by the other one after two failures in a row', () => {
    const choice = choose()
    live(choice, 'websocket', PROVEN_AFTER_MS)
    choice.failed('websocket')
    expect(choice.dial(0)).toBe(WEBSOCKET)
    choice.failed('websocket')
    expect(choice.dial(0)).toBe(POLL)
  })

  test('go by the preferred one again when the other one fails, too', () => {
    const choice = choose()
    for (let i = 0; i < 2; i++) choice.failed('websocket')
    expect(choice.dial(0)).toBe(POLL)
    choice.failed('long-poll')
    expect(choice.dial(0)).toBe(WEBSOCKET)
    choice.failed('websocket')
    expect(choice.dial(0)).toBe(WEBSOCKET)
    choice.failed('websocket')
    expect(choice.dial(0)).toBe(POLL)
  })

  test('stay with the one that has connected', () => {
    const choice = choose()
    live(choice, 'long-poll', 10)
    expect(choice.dial(0)).toBe(POLL)
    live(choice, 'websocket', PROVEN_AFTER_MS)
    expect(choice.dial(0)).toBe(WEBSOCKET)
  })
})

describe('attempts to replace a connection of the preferred transport', () => {
  test('stay with it, however often they fail', () => {
    const choice = choose()
    choice.connected('websocket', 0)
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(choice.dial(attempt)).toBe(WEBSOCKET)
      choice.failed('websocket')
    }
    choice.lost(PROVEN_AFTER_MS)
    choice.failed('websocket')
    expect(choice.dial(10_000)).toBe(WEBSOCKET)
    choice.failed('websocket')
    expect(choice.dial(20_000)).toBe(POLL)
  })

  test('have no other one beside them while that is there, and at once when it is lost', () => {
    const choice = choose()
    choice.connected('websocket', 0)
    choice.dial(10_000)
    expect(choice.nextDeadline()).toBeUndefined()
    expect(choice.handleTimeout(10_000 + PROVEN_FALLBACK_AFTER_MS)).toBeUndefined()
    choice.lost(20_000)
    expect(choice.nextDeadline()).toBe(10_000 + PROVEN_FALLBACK_AFTER_MS)
    expect(choice.handleTimeout(20_000)).toBe(POLL)
  })

  test('go by the other one where that is in use', () => {
    const choice = choose()
    choice.connected('long-poll', 0)
    expect(choice.dial(10_000)).toBe(POLL)
  })
})

describe('a connection of the preferred transport', () => {
  test('that dies within its time has failed, and one that lives so long has not', () => {
    const young = choose()
    for (let i = 0; i < 2; i++) live(young, 'websocket', PROVEN_AFTER_MS - 1)
    expect(young.dial(0)).toBe(POLL)
    const old = choose()
    for (let i = 0; i < 5; i++) live(old, 'websocket', PROVEN_AFTER_MS)
    expect(old.dial(0)).toBe(WEBSOCKET)
  })

  test('that lives long enough makes the failure before it forgotten', () => {
    const choice = choose()
    choice.failed('websocket')
    live(choice, 'websocket', PROVEN_AFTER_MS)
    choice.failed('websocket')
    expect(choice.dial(0)).toBe(WEBSOCKET)
  })

  test('counts with attempts that failed', () => {
    const choice = choose()
    live(choice, 'websocket', 10)
    choice.failed('websocket')
    expect(choice.dial(0)).toBe(POLL)
  })

  test('is lost once', () => {
    const choice = choose()
    live(choice, 'websocket', 10)
    choice.lost(1010)
    expect(choice.dial(0)).toBe(WEBSOCKET)
  })
})

test('short lives of the other transport say nothing of the preferred one', () => {
  const choice = choose()
  for (let i = 0; i < 3; i++) live(choice, 'long-poll', 10)
  choice.failed('long-poll')
  choice.failed('websocket')
  expect(choice.dial(0)).toBe(WEBSOCKET)
})
