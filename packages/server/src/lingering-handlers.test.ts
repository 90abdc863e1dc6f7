import { mutation, query, router, subscription } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { createBench } from './test-bench.fixture.ts'

const api = router({ works: query(), stubborn: mutation(), items: subscription({ output: v.number() }) })

/** Handlers that end when they are let, and not when they are told. */
function createStubborn() {
  let running = 0
  const ends: (() => void)[] = []
  const run = async (): Promise<void> => {
    running++
    await new Promise<void>((resolve) => ends.push(resolve))
    running--
  }
  const app = implement(api).handlers({
    works: () => {},
    stubborn: run,
    async *items() {
      await run()
      yield 1
    },
  })
  return {
    bench: createBench(app, { limits: { calls: 3, streams: 2 } }),
    running: () => running,
    end: () => ends.splice(0).forEach((end) => end()),
  }
}

test('a client that cancels all it asks for has no more handlers run than it has places', async () => {
  const { bench, running, end } = createStubborn()
  const { api: client } = await bench.connect()
  for (let i = 0; i < 50; i++) {
    const ended = new AbortController()
    const call = client.stubborn(undefined, { signal: ended.signal }).catch(() => {})
    await bench.clock.settle()
    ended.abort()
    await call
  }
  await bench.clock.settle()
  expect(running()).toBe(5)
  await expect(bench.run(client.works())).rejects.toMatchObject({ code: 'OVERLOADED' })
  end()
  await bench.clock.settle()
  await expect(bench.run(client.works())).resolves.toBe(undefined)
})

test('nor of streams, whose handlers are in the middle of an item', async () => {
  const { bench, running, end } = createStubborn()
  const { api: client } = await bench.connect()
  for (let i = 0; i < 50; i++) {
    const items = client.items()
    const next = items.next().catch(() => {})
    await bench.clock.settle()
    await items.return?.()
    await next
  }
  await bench.clock.settle()
  expect(running()).toBe(5)
  end()
  await bench.clock.settle()
  await expect(bench.run(client.works())).resolves.toBe(undefined)
})

test('nor with deadlines that pass', async () => {
  const { bench, running, end } = createStubborn()
  const { api: client } = await bench.connect()
  for (let i = 0; i < 50; i++) {
    const call = client.stubborn(undefined, { timeoutMs: 10 }).catch(() => {})
    await bench.clock.advanceAsync(20)
    await call
  }
  expect(running()).toBe(5)
  end()
  await bench.clock.settle()
  await expect(bench.run(client.works())).resolves.toBe(undefined)
})
