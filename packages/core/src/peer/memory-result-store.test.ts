import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../testing/virtual-clock.ts'
import { createMemoryResultStore, type MemoryResultStoreOptions } from './memory-result-store.ts'
import type { StoredResult } from './result-store.ts'

const claimOf = (owner: string, fingerprint = 'f') => ({ owner, fingerprint })

/** Of a claim whose key, owner and fingerprint are one character each. */
const CLAIM_BYTES = 6

const ok = (byteLength: number): StoredResult => ({ type: 'ok', output: new Uint8Array(byteLength) })

function createStore(options: MemoryResultStoreOptions = {}) {
  const clock = createVirtualClock()
  const store = createMemoryResultStore({ clock, ...options })
  return {
    clock,
    store,
    claim: (key: string) => store.claim(key, claimOf(key)),
    /** Claims and completes. */
    keep: (key: string, result: StoredResult = ok(0)): void => {
      expect(store.claim(key, claimOf(key))).toEqual({ type: 'claimed' })
      store.complete(key, key, result)
    },
  }
}

describe('a result store in memory', () => {
  test('gives a key to one claim, and tells others by which input it is taken', () => {
    const { store } = createStore()
    expect(store.claim('a', claimOf('1', 'first'))).toEqual({ type: 'claimed' })
    expect(store.claim('a', claimOf('2', 'second'))).toEqual({ type: 'running', fingerprint: 'first' })
    expect(store.claim('b', claimOf('2', 'second'))).toEqual({ type: 'claimed' })
    store.complete('a', '1', ok(3))
    expect(store.claim('a', claimOf('3', 'third'))).toEqual({ type: 'finished', fingerprint: 'first', result: ok(3) })
  })

  test('frees a key that was released, and is deaf to who does not own it', () => {
    const { store } = createStore()
    store.claim('a', claimOf('1'))
    store.release('a', '2')
    store.complete('a', '2', ok(1))
    store.complete('b', '1', ok(1))
    expect(store.stats()).toEqual({ running: 1, finished: 0, bytes: CLAIM_BYTES })
    store.release('a', '1')
    expect(store.stats()).toEqual({ running: 0, finished: 0, bytes: 0 })
    store.complete('a', '1', ok(1))
    expect(store.claim('a', claimOf('2'))).toEqual({ type: 'claimed' })
  })

  test('forgets a result after its lifetime, and no sooner; a claim never', () => {
    const { clock, store, claim, keep } = createStore({ lifetimeMs: 1000 })
    claim('r')
    clock.advance(500)
    keep('a', ok(1))
    clock.advance(999)
    expect(claim('a')).toMatchObject({ type: 'finished' })
    clock.advance(1)
    expect(store.stats()).toEqual({ running: 1, finished: 0, bytes: CLAIM_BYTES })
    expect(claim('a')).toEqual({ type: 'claimed' })
    expect(claim('r')).toMatchObject({ type: 'running' })
    expect(clock.pending).toBe(0)
  })

  test('holds as many keys as it may, and evicts the oldest result for one more', () => {
    const { store, claim, keep } = createStore({ maxEntries: 3 })
    for (const key of ['a', 'b', 'c']) keep(key)
    expect(store.stats()).toMatchObject({ running: 0, finished: 3 })
    keep('d')
    expect(store.stats()).toMatchObject({ running: 0, finished: 3 })
    for (const key of ['b', 'c', 'd']) expect(claim(key)).toMatchObject({ type: 'finished' })
    expect(claim('a')).toEqual({ type: 'claimed' })
  })

  test('never evicts what still runs: a claim too many is refused', () => {
    const { store, claim, keep } = createStore({ maxEntries: 2 })
    keep('old')
    expect(claim('a')).toEqual({ type: 'claimed' })
    expect(claim('b')).toEqual({ type: 'claimed' })
    expect(store.stats()).toMatchObject({ running: 2, finished: 0 })
    expect(claim('c')).toEqual({ type: 'full' })
    store.complete('a', 'a', ok(0))
    expect(claim('c')).toEqual({ type: 'claimed' })
    expect(claim('a')).toEqual({ type: 'full' })
  })

  test('holds as many bytes as it may, and evicts the oldest results for one more', () => {
    const { store, claim, keep } = createStore({ maxBytes: 3 * CLAIM_BYTES + 30 })
    for (const key of ['a', 'b', 'c']) keep(key, ok(10))
    expect(store.stats()).toEqual({ running: 0, finished: 3, bytes: 3 * CLAIM_BYTES + 30 })
    keep('d', ok(CLAIM_BYTES + 10 + 1))
    expect(store.stats()).toMatchObject({ finished: 2 })
    expect(claim('c')).toMatchObject({ type: 'finished' })
    expect(claim('d')).toMatchObject({ type: 'finished' })
  })

  test('refuses a key for which claims leave no bytes, and evicts nothing for it', () => {
    const { store, claim, keep } = createStore({ maxBytes: 3 * CLAIM_BYTES - 1 })
    claim('a')
    keep('b')
    expect(claim('long key')).toEqual({ type: 'full' })
    expect(store.stats()).toMatchObject({ running: 1, finished: 1 })
    expect(claim('c')).toEqual({ type: 'claimed' })
    expect(claim('d')).toEqual({ type: 'full' })
  })

  test('keeps of a result that is too large that there was one, and evicts nothing for it', () => {
    const { claim, keep } = createStore({ maxBytes: 100 })
    keep('old', ok(10))
    keep('a', ok(100 - CLAIM_BYTES + 1))
    expect(claim('a')).toEqual({ type: 'finished', fingerprint: 'f', result: { type: 'lost' } })
    expect(claim('old')).toMatchObject({ result: ok(10) })
    const exact = createStore({ maxBytes: 100 })
    exact.keep('a', ok(100 - CLAIM_BYTES))
    expect(exact.claim('a')).toMatchObject({ result: ok(100 - CLAIM_BYTES) })
    expect(exact.store.stats().bytes).toBe(100)
  })

  test('counts what an error takes', () => {
    const { store, keep } = createStore()
    keep('a', { type: 'error', code: 'TAKEN', message: 'Gone', data: new Uint8Array(7) })
    expect(store.stats().bytes).toBe(CLAIM_BYTES + 2 * 9 + 7)
    keep('b', { type: 'lost' })
    expect(store.stats().bytes).toBe(2 * CLAIM_BYTES + 2 * 9 + 7)
  })

  test('needs bounds that can work', () => {
    expect(() => createMemoryResultStore({ maxEntries: 0 })).toThrow('Expected `results.maxEntries`')
    expect(() => createMemoryResultStore({ lifetimeMs: -1 })).toThrow('Expected `results.lifetimeMs`')
    expect(() => createMemoryResultStore({ maxSize: 1 } as never)).toThrow('known option in `results`, got `maxSize`')
  })
})
