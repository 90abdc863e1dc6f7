import { serve } from '@tautline/adapters/node'
import { type ClientOptions, createClient } from '@tautline/client'
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { createServer, implement, type Log, type LogFields, tracked } from '@tautline/server'
import * as v from 'valibot'
import { afterEach, expect, test, vi } from 'vitest'
import { rawUpgrade } from '../packages/adapters/src/raw-websocket.fixture.ts'

/*
 * Secrets are planted wherever one may be: in addresses, credentials, inputs, answers, items, events, keys, the data and
 * causes of errors. Then everything that can go wrong does, and what a server and a client have written by default is looked at.
 */

const SECRET = 'hunter2'

const api = router({
  login: query({ input: v.object({ password: v.literal('right') }), output: v.object({ token: v.literal('right') }) }),
  pay: mutation({ input: v.object({ card: v.string() }), errors: { DECLINED: v.object({ card: v.string() }) } }),
  fails: query({ input: v.string() }),
  watch: subscription({ input: v.string(), output: v.object({ n: v.literal(1) }), resume: v.string() }),
  talk: duplex({ up: v.literal('right'), output: v.string() }),
  news: event({ params: v.object({ room: v.string() }), payload: v.object({ text: v.literal('right') }) }),
})

const clientApi = router({ ask: query({ input: v.string(), output: v.literal('right') }) })

const implementation = implement(api, { calls: clientApi })
  .context(({ auth }) => {
    const { token } = auth as { token: string }
    if (token.endsWith('broken')) throw new Error('no database', { cause: new Error(token) })
    return { token }
  })
  .handlers({
    login: ({ input }) => ({ token: input.password }),
    pay: ({ input, fail }) => fail('DECLINED', { card: input.card }),
    async fails({ input, client }) {
      await client.ask(input).catch(() => {})
      throw Object.assign(new Error('no database', { cause: new Error(input) }), { query: input, data: { input } })
    },
    async *watch({ input }) {
      yield tracked(input, { n: input as never })
    },
    async *talk({ up }) {
      for await (const word of up) yield word
    },
  })

const spies = (['debug', 'log', 'info', 'warn', 'error', 'trace'] as const).map((level) =>
  vi.spyOn(console, level).mockReturnValue(undefined),
)
afterEach(() => {
  for (const spy of spies) spy.mockRestore()
})

test('secrets and payloads reach neither the log of a server nor that of a client', async () => {
  const lines: [string, LogFields][] = []
  const take = (message: string, fields: LogFields): void => void lines.push([message, fields])
  const log: Log = { info: take, warn: take, error: take }
  const server = createServer(implementation, {
    log,
    principalOf: ({ token }) => token,
    authorizeUpgrade: ({ url }) =>
      url.searchParams.has('refuse')
        ? { status: 401, body: `${SECRET} is unknown`, headers: { 'x-debug': SECRET } }
        : undefined,
  })
  const serving = await serve(server, { port: 0, host: '127.0.0.1' })
  const url = `${serving.url}?token=${SECRET}`
  const clients: { $: { close(): Promise<void> } }[] = []
  const connect = (options: Partial<ClientOptions> = {}) => {
    const client = createClient(api, {
      url,
      auth: () => ({ token: SECRET }),
      serves: implement(clientApi).handlers({ ask: ({ input }) => input as never }),
      validate: true,
      transports: ['websocket'],
      ...options,
    } as ClientOptions)
    clients.push(client)
    return client
  }

  const client = connect()
  const meta = { secret: SECRET }
  const failures = [
    client.login({ password: SECRET as never }, { meta }),
    client.login({ password: 'right' }, { meta: { secret: SECRET.repeat(200) } }),
    client.pay({ card: SECRET }, { idempotencyKey: SECRET }),
    client.pay({ card: SECRET }, { idempotencyKey: SECRET.repeat(200) }),
    client.fails(SECRET),
    client.watch(SECRET, { resume: SECRET }).next(),
    client.talk(undefined, [SECRET as never]).next(),
    client.pay({ card: Symbol(SECRET) as never }),
  ]
  for (const failure of await Promise.allSettled(failures)) expect(failure.status).toBe('rejected')
  await client.news.on({ room: SECRET }, () => {}).ready
  expect(() => server.publish(api.news, { room: SECRET }, { text: SECRET as never })).toThrow('match the contract')
  // A listener that fails: its error is the client's to report.
  const heard = Promise.withResolvers<void>()
  const listening = client.news.on({ room: SECRET }, ({ text }) => {
    heard.resolve()
    throw Object.assign(new Error('no screen', { cause: new Error(SECRET) }), { text, data: SECRET })
  })
  await listening.ready
  server.publish(api.news, { room: SECRET }, { text: 'right' })
  await heard.promise

  // Refused by the application, by its origin, and by a context that fails.
  const refused = await rawUpgrade({ port: serving.port, target: `/?refuse=1&token=${SECRET}` })
  const origin = `https://elsewhere.example/${SECRET}?${SECRET}`
  const foreign = await rawUpgrade({ port: serving.port, headers: { origin, cookie: SECRET } })
  expect([refused.status, foreign.status]).toEqual([401, 403])
  refused.destroy()
  foreign.destroy()
  const broken = connect({ auth: () => ({ token: `${SECRET} broken` }), reconnect: { maxAttempts: 1 } })
  await expect(broken.login({ password: 'right' })).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  // A message that is none.
  const socket = new WebSocket(url, server.subprotocol)
  socket.addEventListener('open', () => socket.send(new TextEncoder().encode(SECRET)))
  await new Promise((resolve) => {
    socket.addEventListener('close', resolve)
  })

  await Promise.all(clients.map(({ $ }) => $.close()))
  await serving.close()
  const events = new Set(lines.map(([, { event: name }]) => name))
  expect(events).toEqual(new Set(['error', 'upgrade.refused', 'connection.closed']))
  const printed = spies.flatMap(({ mock }): unknown[][] => mock.calls)
  expect(printed.map(([first]) => first)).toContain('Error: no screen')
  expect(lines.map((line) => JSON.stringify(line)).filter((line) => line.includes(SECRET))).toEqual([])
  expect(printed.map((args) => args.map(String).join(' ')).filter((line) => line.includes(SECRET))).toEqual([])
  // Nothing that a console would look into: causes and members would be shown.
  expect(printed.flat().filter((argument) => typeof argument === 'object')).toEqual([])
})
