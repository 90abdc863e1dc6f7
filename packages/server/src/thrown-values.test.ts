import { query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { expect, test } from 'vitest'
import { createBench } from './test-bench.fixture.ts'

const api = router({ fails: query(), works: query() })

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const thrown: readonly (readonly [name: string, value: unknown])[] = [
  ['nothing', undefined],
  ['a symbol', Symbol('x')],
  ['an object without a prototype', Object.create(null)],
  ['a frozen error', Object.freeze(new Error('frozen'))],
  [
    'an object whose text cannot be had',
    {
      toString() {
        throw new Error('no text')
      },
    },
  ],
  [
    'an error whose stack cannot be read',
    Object.defineProperty(new Error('x'), 'stack', {
      get() {
        throw new Error('no stack')
      },
    }),
  ],
  ['a revoked proxy', revoked()],
]

test.each(thrown)(
  'a handler that throws %s costs its caller an INTERNAL and nobody anything else',
  async (_, value) => {
    const fail = (): never => {
      throw value
    }
    for (const fails of [fail, async () => fail()]) {
      const bench = createBench(implement(api).handlers({ fails, works: () => {} }), { onError: undefined })
      const { api: client } = await bench.connect()
      await expect(bench.run(client.fails())).rejects.toMatchObject({ code: 'INTERNAL' })
      await expect(bench.run(client.works())).resolves.toBe(undefined)
      expect(bench.lines).toEqual([
        expect.stringMatching(/^error: procedure fails, connection 1, error id [0-9a-f]{16}: ./),
      ])
    }
  },
)
