import { query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createBench } from './test-bench.fixture.ts'

const api = router({
  add: query({ input: v.object({ a: v.number(), b: v.number() }), output: v.number() }),
})
const app = implement(api)

describe('a server', () => {
  test('answers a call', async () => {
    const bench = createBench(app.handlers({ add: ({ input }) => input.a + input.b }))
    const client = await bench.connect()
    expect(await bench.run(client.api.add({ a: 1, b: 2 }))).toBe(3)
  })
})
