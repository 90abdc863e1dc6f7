/** The API from one end to the other, as it was designed: contract, handlers, each runtime, client. */
import type { Server as HttpServer } from 'node:http'
import { serve as serveOnBun, tautline } from '@tautline/adapters/bun'
import { serve as serveOnDeno } from '@tautline/adapters/deno'
import { attach, serve } from '@tautline/adapters/node'
import { createClient } from '@tautline/client'
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { createServer, implement, tracked } from '@tautline/server'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'

interface Row {
  readonly id: string
  readonly title: string
}

declare const db: {
  find(id: string): Promise<Row | undefined>
  add(title: string, owner: string): Promise<Row>
  since(list: string, seq: number, signal: AbortSignal): AsyncIterable<{ readonly seq: number; readonly row: Row }>
}
declare const verify: (auth: unknown) => Promise<{ readonly id: string } | undefined>
declare const getToken: () => Promise<string>
declare const render: (row: Row) => void
declare const show: (user: string, online: boolean) => void
declare const unmount: AbortSignal
declare const httpServer: HttpServer

const Todo = v.object({ id: v.string(), title: v.string() })
const FileInfo = v.object({ name: v.string() })

const api = router({
  todo: {
    get: query({
      input: v.object({ id: v.string() }),
      output: Todo,
      errors: { NOT_FOUND: v.object({ id: v.string() }) },
    }),
    create: mutation({
      input: v.object({ title: v.string() }),
      output: Todo,
      errors: { TITLE_TAKEN: v.object({ title: v.string() }) },
    }),
    watch: subscription({ input: v.object({ list: v.string() }), output: Todo, resume: v.number() }),
  },
  upload: duplex({ input: FileInfo, up: v.instance(Uint8Array), output: v.object({ received: v.number() }) }),
  presence: event({
    params: v.object({ room: v.string() }),
    payload: v.object({ user: v.string(), online: v.boolean() }),
  }),
})
const clientApi = router({ confirm: query({ input: v.string(), output: v.boolean() }) })

const app = implement(api, { calls: clientApi }).context(async ({ auth, request }) => {
  expectTypeOf(auth).toEqualTypeOf<unknown>()
  expectTypeOf(request?.headers).toEqualTypeOf<Headers | undefined>()
  return { user: await verify(auth) }
})
const signedIn = app.use(({ ctx, next, fail }) => (ctx.user ? next({ user: ctx.user }) : fail('UNAUTHORIZED')))
const server = createServer(
  app.handlers({
    todo: signedIn.todo.handlers({
      get: async ({ input, fail }) => (await db.find(input.id)) ?? fail('NOT_FOUND', { id: input.id }),
      create: async ({ input, ctx, client, fail }) => {
        if (!(await client.confirm(`Create ${input.title}?`))) fail('TITLE_TAKEN', { title: input.title })
        return db.add(input.title, ctx.user.id)
      },
      async *watch({ input, resume, signal }) {
        for await (const { seq, row } of db.since(input.list, resume ?? 0, signal)) yield tracked(seq, row)
      },
    }),
    async *upload({ up }) {
      let received = 0
      for await (const chunk of up) yield { received: (received += chunk.byteLength) }
    },
  }),
)

test('a server publishes, and stands on each runtime', async () => {
  server.publish(api.presence, { room: 'lobby' }, { user: 'ada', online: true })
  const attachment = attach(httpServer, server, { path: '/rpc' })
  expectTypeOf(attachment.close({ drainMs: 5_000 })).toEqualTypeOf<Promise<void>>()
  for (const start of [serve, serveOnBun, serveOnDeno]) {
    const serving = await start(server, { port: 3000 })
    expectTypeOf(serving.port).toEqualTypeOf<number>()
  }
  expectTypeOf({ port: 3000, ...tautline(server) }).toHaveProperty('websocket')
})

test('a client calls, streams, listens, serves and knows its line', async () => {
  const serves = implement(clientApi).handlers({ confirm: ({ input }) => input !== '' })
  const auth = async () => ({ token: await getToken() })
  const client = createClient(api, { url: 'wss://app.example/rpc', auth, serves })
  const todo = await client.todo.get({ id: '1' }, { signal: unmount, timeoutMs: 2_000 })
  expectTypeOf(todo).toEqualTypeOf<{ id: string; title: string }>()
  const made = await client.todo.create({ title: 'x' }).result()
  if (!made.ok && made.error.code === 'TITLE_TAKEN') expectTypeOf(made.error.data).toEqualTypeOf<{ title: string }>()
  for await (const row of client.todo.watch({ list: 'a' })) render(row)
  for await (const { received } of client.upload({ name: 'f' }, new Blob().stream())) {
    expectTypeOf(received).toEqualTypeOf<number>()
  }
  using listening = client.presence.on({ room: 'lobby' }, ({ user, online }) => show(user, online))
  await listening.ready
  expectTypeOf(client.$.status.state).toExtend<string>()
  client.$.onStatus(({ reason }) => expectTypeOf(reason).toEqualTypeOf<string>())
  client.$.reconnect()
  await client.$.close()
})
