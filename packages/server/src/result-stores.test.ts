import { mutation, router } from '@tautline/core'
import { createMemoryResultStore, implement, type ResultStore } from '@tautline/core/peer'
import { createVirtualClock } from '@tautline/core/testing'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createDesk, FIRST, gate, KEY, TEA } from './keyed-desk.fixture.ts'
import { createServer } from './server.ts'
import { createBench } from './test-bench.fixture.ts'

/** As one that sits behind a network: answers late. What a test gives stands in for a member. */
function createSlowStore(members: Partial<ResultStore> = {}): ResultStore {
  const store = createMemoryResultStore({ clock: createVirtualClock() })
  const late = async <T>(value: () => T | Promise<T>): Promise<T> => {
    await Promise.resolve()
    return value()
  }
  return {
    claim: (key, claim) => late(() => store.claim(key, claim)),
    complete: (key, owner, result) => late(() => store.complete(key, owner, result)),
    release: (key, owner) => late(() => store.release(key, owner)),
    ...members,
  }
}

const broken = (): Promise<never> => Promise.reject(new Error('store is down'))

describe('a store of results', () => {
  test('may be asynchronous: calls that come while it is asked still run once', async () => {
    const { connect, clock, desk } = createDesk({ results: createSlowStore() })
    const { api: ada } = await connect('ada')
    const calls = [1, 2, 3].map(() => ada.order(TEA, KEY))
    await clock.settle()
    expect(await Promise.all(calls)).toEqual([FIRST, FIRST, FIRST])
    expect(desk.runs).toBe(1)
  })

  test('has answers wait until they are stored', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { connect, clock } = createDesk({ results: createSlowStore({ complete: () => promise }) })
    const { api: ada } = await connect('ada')
    let state = 'waiting'
    const call = ada.order(TEA, KEY).finally(() => {
      state = 'answered'
    })
    await clock.settle()
    expect(state).toBe('waiting')
    resolve()
    await clock.settle()
    expect(await call).toEqual(FIRST)
  })

  test('that cannot be asked has nothing run', async () => {
    const { connect, run, desk, errors } = createDesk({ results: createSlowStore({ claim: broken }) })
    const { api: ada } = await connect('ada')
    await expect(run(ada.order(TEA, KEY))).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(desk.runs).toBe(0)
    expect(errors).toMatchObject([{ error: { message: 'store is down' }, context: { procedure: 'order' } }])
  })

  test('that cannot be told costs no caller its answer, and nothing is run again', async () => {
    const { connect, run, clock, desk, errors } = createDesk({ results: createSlowStore({ complete: broken }) })
    const { api: ada } = await connect('ada')
    const calls = [ada.order(TEA, KEY), ada.order(TEA, KEY)]
    await clock.settle()
    expect(await Promise.all(calls)).toEqual([FIRST, FIRST])
    expect(errors).toMatchObject([{ error: { message: 'store is down' } }])
    const late = ada.order(TEA, { ...KEY, timeoutMs: 500 })
    late.catch(() => {})
    await clock.advanceAsync(500)
    await expect(run(late)).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(desk.runs).toBe(1)
  })

  test('is told that nothing has run where the caller cancels before the claim is there', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const store = createSlowStore()
    const results: ResultStore = { ...store, claim: (key, claim) => promise.then(() => store.claim(key, claim)) }
    const { connect, run, clock, desk } = createDesk({ results })
    const { api: ada } = await connect('ada')
    const late = ada.order(TEA, { ...KEY, timeoutMs: 100 })
    late.catch(() => {})
    await clock.advanceAsync(100)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    resolve()
    expect(await run(ada.order(TEA, KEY))).toEqual(FIRST)
    expect(desk.runs).toBe(1)
  })

  test('must have all its members', () => {
    const { server } = createDesk()
    expect(server.stats().running).toBe(0)
    const handlers = implement(router({ go: mutation() })).handlers({ go: () => {} })
    expect(() => createServer(handlers, { results: {} as never })).toThrow(
      'Expected `results` to have a method `claim`',
    )
  })
})

describe('a store in memory', () => {
  test('gives a result again for its lifetime, and then the mutation runs again', async () => {
    const clock = createVirtualClock()
    const { connect, run, desk } = createDesk({ results: createMemoryResultStore({ clock, lifetimeMs: 1000 }) })
    const { api: ada } = await connect('ada')
    expect(await run(ada.order(TEA, KEY))).toEqual(FIRST)
    clock.advance(999)
    expect(await run(ada.order(TEA, KEY))).toEqual(FIRST)
    clock.advance(1)
    expect(await run(ada.order(TEA, KEY))).toMatchObject({ id: 2 })
    expect(desk.runs).toBe(2)
  })

  test('that is full of what still runs has nothing more run', async () => {
    const { connect, run, clock, desk } = createDesk({ results: createMemoryResultStore({ maxEntries: 1 }) })
    const release = gate(desk)
    const { api: ada } = await connect('ada')
    const first = ada.order(TEA, KEY)
    await clock.settle()
    await expect(run(ada.order(TEA, { idempotencyKey: 'other' }))).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(await run(Promise.race([first, Promise.resolve('running')]))).toBe('running')
    release()
    expect(await run(first)).toEqual(FIRST)
    expect(await run(ada.order(TEA, { idempotencyKey: 'other' }))).toMatchObject({ id: 2 })
  })

  test('that has no room for a result knows that there was one', async () => {
    const { connect, run, desk } = createDesk({ results: createMemoryResultStore({ maxBytes: 200 }) })
    const { api: ada } = await connect('ada')
    const long = { item: 'x'.repeat(200) }
    expect(await run(ada.order(long, KEY))).toMatchObject({ id: 1 })
    await expect(run(ada.order(long, KEY))).rejects.toMatchObject({ code: 'RESULT_LOST' })
    expect(desk.runs).toBe(1)
  })
})

describe('servers that share a store', () => {
  const createPair = () => {
    const results = createMemoryResultStore({ clock: createVirtualClock() })
    return [createDesk({ results }), createDesk({ results })] as const
  }

  test('run a mutation once between them', async () => {
    const [one, two] = createPair()
    const { api: here } = await one.connect('ada')
    const { api: there } = await two.connect('ada')
    expect(await one.run(here.order(TEA, KEY))).toEqual(FIRST)
    expect(await two.run(there.order(TEA, KEY))).toEqual(FIRST)
    await expect(two.run(there.order({ item: 'milk' }, KEY))).rejects.toMatchObject({ code: 'KEY_REUSED' })
    expect([one.desk.runs, two.desk.runs]).toEqual([1, 0])
  })

  test('wait for what runs on another, and look again ever more seldom', async () => {
    const results = createMemoryResultStore({ clock: createVirtualClock() })
    let looks = 0
    const counting: ResultStore = {
      claim(key, claim) {
        looks++
        return results.claim(key, claim)
      },
      complete: (...args) => results.complete(...args),
      release: (...args) => results.release(...args),
    }
    const one = createDesk({ results })
    const two = createDesk({ results: counting })
    const release = gate(one.desk)
    const { api: here } = await one.connect('ada')
    const { api: there } = await two.connect('ada')
    const first = here.order(TEA, KEY)
    await one.clock.settle()
    const second = there.order(TEA, KEY)
    await two.clock.advanceAsync(0)
    await expect(two.run(there.order({ item: 'milk' }, KEY))).rejects.toMatchObject({ code: 'KEY_REUSED' })
    // At 0, 50, 150, 350, 750, 1550, and every second from then on; one more asked with another input.
    await two.clock.advanceAsync(5000)
    expect(looks).toBe(1 + 9)
    release()
    expect(await one.run(first)).toEqual(FIRST)
    await two.clock.advanceAsync(1000)
    expect(await second).toEqual(FIRST)
    expect(two.desk.runs).toBe(0)
  })

  test('do not wait beyond a deadline, and leave no timer behind', async () => {
    const [one, two] = createPair()
    const release = gate(one.desk)
    const { api: here } = await one.connect('ada')
    const first = here.order(TEA, KEY)
    await one.clock.settle()
    // In-process, so that no connection has timers of its own.
    const late = two.server.caller({ user: 'ada' }).order(TEA, { ...KEY, timeoutMs: 120 })
    late.catch(() => {})
    await two.clock.advanceAsync(119)
    expect(two.clock.pending).toBe(2)
    await two.clock.advanceAsync(1)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(two.clock.pending).toBe(0)
    release()
    expect(await one.run(first)).toEqual(FIRST)
  })
})

describe('what is stored', () => {
  const api = router({
    go: mutation({ output: v.unknown(), errors: { BUSY: v.unknown() } }),
  })
  const app = implement(api)
  const principalOf = (): string => 'ada'
  const key = { idempotencyKey: 'k' }

  test('is what comes out of the middleware: a commit that fails is no success', async () => {
    const notes: string[] = []
    const inTransaction = app.use(async ({ next }) => {
      notes.push('begin')
      const result = await next()
      notes.push('commit')
      if (notes.length === 3) throw new Error('serialization failure')
      return result
    })
    const handlers = inTransaction.handlers({ go: () => void notes.push('run') })
    const bench = createBench(handlers, { principalOf })
    const { api: client } = await bench.connect()
    for (let i = 0; i < 2; i++)
      await expect(bench.run(client.go(undefined, key))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(notes).toEqual(['begin', 'run', 'commit', 'begin'])
    expect(bench.errors).toHaveLength(1)
  })

  test('is an error of middleware that does not wait for the handler: while that runs, the key is not free', async () => {
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    let runs = 0
    const careless = app.use(async ({ next, fail }) => {
      void next()
      await begun.promise
      return fail('OVERLOADED')
    })
    const handlers = careless.handlers({
      async go() {
        runs++
        begun.resolve()
        await end.promise
      },
    })
    const bench = createBench(handlers, { principalOf })
    const { api: client } = await bench.connect()
    for (let i = 0; i < 3; i++) {
      await expect(bench.run(client.go(undefined, key))).rejects.toMatchObject({ code: 'OVERLOADED' })
    }
    end.resolve()
    await bench.clock.settle()
    expect(runs).toBe(1)
  })

  test('is nothing where middleware fails before the key is claimed, and the handler does not run then', async () => {
    let runs = 0
    const results = createSlowStore()
    const careless = app.use(({ next, fail }) => {
      void next()
      return fail('OVERLOADED')
    })
    const bench = createBench(careless.handlers({ go: () => void runs++ }), { principalOf, results })
    const { api: client } = await bench.connect()
    for (let i = 0; i < 3; i++) {
      await expect(bench.run(client.go(undefined, key))).rejects.toMatchObject({ code: 'OVERLOADED' })
    }
    expect(runs).toBe(0)
    const claim = { owner: 'test', fingerprint: 'f' }
    expect(await results.claim(JSON.stringify(['ada', 'go', 'k']), claim)).toEqual({ type: 'claimed' })
  })

  test('is that an answer, or the data of an error, cannot be sent', async () => {
    let runs = 0
    const handlers = app.handlers({
      go({ fail }) {
        runs++
        return runs === 1 ? () => {} : fail('BUSY', () => {})
      },
    })
    const bench = createBench(handlers, { principalOf })
    const { api: client } = await bench.connect()
    for (const idempotencyKey of ['k', 'k', 'other', 'other']) {
      await expect(bench.run(client.go(undefined, { idempotencyKey }))).rejects.toMatchObject({
        code: 'UNSERIALISABLE',
      })
    }
    expect(runs).toBe(2)
  })

  test('is INTERNAL where what was thrown cannot even be looked at', async () => {
    let runs = 0
    const handlers = app.handlers({
      go() {
        runs++
        throw new Proxy(new Error('x'), {
          getPrototypeOf() {
            throw new Error('no look')
          },
        })
      },
    })
    const bench = createBench(handlers, { principalOf })
    const { api: client } = await bench.connect()
    for (let i = 0; i < 2; i++)
      await expect(bench.run(client.go(undefined, key))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(runs).toBe(1)
  })

  test('is an answer of nothing, too', async () => {
    let runs = 0
    const handlers = app.handlers({ go: () => void runs++ })
    const bench = createBench(handlers, { principalOf })
    const { api: client } = await bench.connect()
    for (let i = 0; i < 2; i++) expect(await bench.run(client.go(undefined, key))).toBeUndefined()
    expect(runs).toBe(1)
  })
})
