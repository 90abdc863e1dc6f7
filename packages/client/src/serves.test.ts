import { mutation, query, router, subscription } from '@tautline/core'
import {
  createPackingCodec,
  createProcedureCaller,
  createRemoteInvoker,
  implement,
  type ProcedureCaller,
} from '@tautline/core/peer'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { collect } from './collect.fixture.ts'
import { outcomeOf } from './outcome.fixture.ts'
import { type api, createBench } from './test-client.fixture.ts'
import type { TestServer } from './test-server.fixture.ts'

const clientApi = router({
  confirm: query({ input: v.object({ text: v.string() }), output: v.boolean() }),
  fails: mutation(),
  count: subscription({ output: v.number() }),
  whoAmI: query({ output: v.string() }),
})

const served = implement<typeof clientApi, typeof api>(clientApi)
  .context(() => ({ name: 'client' }))
  .handlers({
    confirm: ({ input }) => input.text === 'sure?',
    fails: () => {
      throw new Error('private')
    },
    *count() {
      yield 1
      yield 2
    },
    whoAmI: async ({ ctx, client }) => `${ctx.name} ${(await client.todo.get({ id: '7' })).id}`,
  })

/** What a server has in its hands: the client's procedures. */
function clientOf(server: TestServer): ProcedureCaller<typeof clientApi> {
  const { caller } = server.latest
  return createProcedureCaller(
    clientApi,
    createRemoteInvoker({ caller, codec: createPackingCodec(), validates: true, refOf: ({ path }) => path }),
  )
}

test('a server can call what the client serves', async () => {
  const { clock, server, close } = createBench({ serves: served })
  await clock.advanceAsync(10)
  expect(server.latest.hello?.servesHash).toMatch(/^[0-9a-f]{16}$/)
  const sure = clientOf(server).confirm({ text: 'sure?' })
  const { items, end } = collect(clientOf(server).count())
  await clock.advanceAsync(10)
  expect(await sure).toBe(true)
  expect(await end).toBe('done')
  expect(items).toEqual([1, 2])
  await close()
})

test('a handler of the client has its own context, and may call the server', async () => {
  const { clock, server, close } = createBench({ serves: served })
  await clock.advanceAsync(10)
  const answer = clientOf(server).whoAmI()
  await clock.advanceAsync(20)
  expect(await answer).toBe('client 7')
  await close()
})

test('what a handler of the client throws stays with the client', async () => {
  const { clock, server, errors, close } = createBench({ serves: served })
  await clock.advanceAsync(10)
  const error = outcomeOf(clientOf(server).fails())
  await clock.advanceAsync(10)
  expect(await error).toMatchObject({ code: 'INTERNAL' })
  expect(String(await error)).not.toContain('private')
  expect(errors).toMatchObject([{ message: 'private' }])
  await close()
})

test('a client that serves nothing refuses, and its connection lives', async () => {
  const { client, clock, server, close } = createBench()
  await clock.advanceAsync(10)
  const error = outcomeOf(clientOf(server).confirm({ text: 'sure?' }))
  const { end } = collect(clientOf(server).count())
  await clock.advanceAsync(10)
  expect(await error).toMatchObject({ code: 'UNKNOWN_PROCEDURE' })
  expect(await end).toMatchObject({ code: 'UNKNOWN_PROCEDURE' })
  expect(client.$.status.state).toBe('connected')
  await close()
})
