import type { Client, ClientOptions } from '@tautline/client'
import { isTautlineError, type TautlineError } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import type { ClientCapability, ServerCapability } from './capabilities.ts'
import { type api, clientApi } from './contract.ts'
import { check, equal, eventually } from './expectation.ts'
import { noise } from './samples.ts'
import type { Stand } from './stands.ts'

export type ConformanceClient = Client<typeof api>

type Behaviour = Omit<ClientOptions, 'url' | 'connector' | 'WebSocket'>

/** What a check has at hand. */
interface Bench {
  /** A client of its own for the check, closed after it. `as` is the name that `cut` finds it by. */
  readonly connect: (
    behaviour?: Behaviour,
    place?: { readonly stand?: Stand; readonly as?: string },
  ) => ConformanceClient
  /** Unlike that of any other run of any check: for keys and rooms. */
  readonly name: string
}

export interface Check {
  readonly name: string
  /** Where it is meaningless without them. */
  readonly server?: ServerCapability
  readonly client?: ClientCapability
  readonly run: (bench: Bench) => Promise<void>
}

const KiB = 1024

/** The list that every pair of a server and a client runs. Each name is a promise to users. */
export const checks: readonly Check[] = [
  {
    name: 'answers a call',
    async run({ connect }) {
      equal(await connect().add({ a: 1, b: 2 }), 3)
    },
  },
  {
    name: 'carries every kind of value as what it is',
    async run({ connect }) {
      const value = {
        nothing: [null, undefined, { absent: undefined }],
        numbers: [0, -0, 1.5, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY],
        bigints: [0n, -1n, 2n ** 64n, -(2n ** 200n)],
        text: ['', 'ß', '😀', '\u0000', 'x'.repeat(70_000)],
        date: new Date(1_700_000_000_123),
        map: new Map<unknown, unknown>([
          [1, new Map([['deep', new Set([1n])]])],
          ['1', [new Date(0)]],
        ]),
        set: new Set([1, '1', null]),
        bytes: Uint8Array.of(0, 128, 255),
        arrays: [Float64Array.of(1.5, -0), Int16Array.of(-1, 1), BigInt64Array.of(-1n), Uint8ClampedArray.of(255)],
        buffer: Uint8Array.of(1, 2).buffer,
      }
      equal(await connect().echo(value), value)
      equal(await connect().echo(), undefined)
    },
  },
  {
    name: 'answers two hundred calls made at once, each its own',
    async run({ connect }) {
      const client = connect()
      const sums = await Promise.all(Array.from({ length: 200 }, (_, n) => client.add({ a: n, b: n })))
      equal(
        sums,
        Array.from({ length: 200 }, (_, n) => 2 * n),
      )
    },
  },
  {
    name: 'refuses an input that breaks its schema, and says where',
    async run({ connect }) {
      const wrong = { a: 1, b: 'two' } as unknown as { a: number; b: number }
      const result = await connect().add(wrong).result()
      check(
        !result.ok && result.error.code === 'INVALID_INPUT',
        `Expected INVALID_INPUT, got ${JSON.stringify(result)}`,
      )
      equal(result.error.data.issues[0]?.path, ['b'])
    },
  },
  {
    name: 'brings declared errors with their data',
    async run({ connect }) {
      const client = connect()
      equal(await client.withdraw({ amount: 30 }), { left: 70 })
      const result = await client.withdraw({ amount: 130 }).result()
      check(!result.ok && result.error.code === 'INSUFFICIENT', `Expected INSUFFICIENT, got ${JSON.stringify(result)}`)
      equal(result.error.data, { missing: 30 })
    },
  },
  {
    name: 'tells nothing of what a handler throws',
    async run({ connect }) {
      const client = connect()
      const error = await failure(client.fails.throws())
      equal(error.code, 'INTERNAL')
      check(!/swordfish/.test(JSON.stringify(error) + error.message), 'Expected the message to stay on the server')
      equal(await client.add({ a: 1, b: 1 }), 2)
    },
  },
  {
    name: 'loses one call, and nothing else, to an answer that cannot be sent',
    async run({ connect }) {
      const client = connect()
      const error = await failure(client.fails.answersWithFunction())
      check(
        ['INTERNAL', 'UNSERIALISABLE'].includes(error.code),
        `Expected INTERNAL or UNSERIALISABLE, got ${error.code}`,
      )
      equal(await client.add({ a: 1, b: 1 }), 2)
    },
  },
  {
    name: 'refuses an input that cannot be sent, and keeps the line',
    async run({ connect }) {
      const client = connect()
      equal((await failure(client.echo(() => 1))).code, 'UNSERIALISABLE')
      equal(await client.add({ a: 1, b: 1 }), 2)
    },
  },
  {
    name: 'cancels a call in the handler too',
    async run({ connect, name }) {
      const client = connect()
      const abort = new AbortController()
      const cancelled = failure(client.wait({ key: name }, { signal: abort.signal }))
      await eventually(
        () => client.traceOf({ key: name }),
        ({ started }) => started === 1,
      )
      abort.abort()
      equal((await cancelled).code, 'CANCELLED')
      await eventually(
        () => client.traceOf({ key: name }),
        ({ ended }) => ended === 1,
      )
    },
  },
  {
    name: 'ends a call at its deadline, in the handler too',
    async run({ connect, name }) {
      const client = connect()
      await client.$.connected()
      equal((await failure(client.wait({ key: name }, { timeoutMs: 50 }))).code, 'TIMEOUT')
      await eventually(
        () => client.traceOf({ key: name }),
        ({ ended }) => ended === 1,
      )
    },
  },
  {
    name: 'ends a call whose handler ignores the deadline',
    async run({ connect }) {
      const client = connect()
      equal((await failure(client.fails.hangs(undefined, { timeoutMs: 50 }))).code, 'TIMEOUT')
      equal(await client.add({ a: 1, b: 1 }), 2)
    },
  },
  {
    name: 'carries a message of 900 KiB both ways',
    async run({ connect }) {
      const client = connect()
      const bytes = await client.bytes({ length: 900 * KiB, of: 'noise' })
      equal(bytes.byteLength, 900 * KiB)
      equal(await client.echo(bytes), bytes)
    },
  },
  {
    name: 'refuses an input past the limit, and keeps the line',
    async run({ connect }) {
      const client = connect()
      await client.$.connected()
      const error = await failure(client.echo(noise(2000 * KiB)))
      check(['LIMIT_EXCEEDED', 'UNSERIALISABLE'].includes(error.code), `Expected LIMIT_EXCEEDED, got ${error.code}`)
      equal(await client.add({ a: 1, b: 1 }), 2)
    },
  },
  {
    name: 'compresses what is worth it, both ways',
    async run({ connect }) {
      const client = connect()
      // Answers that leave together with WELCOME are not compressed.
      await client.$.connected()
      const bytes = await client.bytes({ length: 200 * KiB, of: 'rows' })
      equal(await client.echo(bytes), bytes)
      const { received, sent } = client.$.stats()
      for (const { bodyBytes, wireBytes } of [sent, received]) {
        check(bodyBytes > 200 * KiB, `Expected bodies of more than 200 KiB, got ${String(bodyBytes)}`)
        check(wireBytes < bodyBytes / 2, `Expected less than half of ${String(bodyBytes)}, got ${String(wireBytes)}`)
      }
    },
  },
  {
    name: 'reads a thousand items in order, and the end',
    async run({ connect, name }) {
      const seen: number[] = []
      for await (const { n } of connect().count({ key: name, to: 1000, itemBytes: 10 })) seen.push(n)
      equal(
        seen,
        Array.from({ length: 1000 }, (_, n) => n + 1),
      )
    },
  },
  {
    name: 'stops a producer whose reader pauses',
    async run({ connect, name }) {
      const client = connect()
      const items = client.count({ key: name, to: 200, itemBytes: 64 * KiB })
      await items.next()
      // The credit of one stream is 256 KiB, so only a few items can be under way.
      const produced = await settled(async () => (await client.traceOf({ key: name })).items)
      check(produced >= 2 && produced <= 8, `Expected 2 to 8 items to be produced, got ${String(produced)}`)
      let last = 1
      for await (const { n } of items) last = n
      equal(last, 200)
    },
  },
  {
    name: 'ends the handler when the reader breaks off',
    async run({ connect, name }) {
      const client = connect()
      for await (const { n } of client.count({ key: name, to: 1_000_000, itemBytes: 1 })) if (n === 3) break
      await eventually(
        () => client.traceOf({ key: name }),
        ({ ended }) => ended === 1,
      )
    },
  },
  {
    name: 'interrupts a waiting next() by return()',
    async run({ connect, name }) {
      const client = connect()
      const items = client.oneAndSilence({ key: name })
      equal(await items.next(), { done: false, value: 1 })
      const waiting = items.next()
      await items.return()
      equal(await waiting, { done: true, value: undefined })
      await eventually(
        () => client.traceOf({ key: name }),
        ({ ended }) => ended === 1,
      )
    },
  },
  {
    name: 'sends a stream up and reads one down under one call',
    async run({ connect, name }) {
      const chunks = Array.from({ length: 32 }, () => new Uint8Array(64 * KiB))
      const totals: number[] = []
      for await (const { bytes } of connect().received({ key: name }, chunks)) totals.push(bytes)
      equal(
        totals,
        chunks.map((_, index) => (index + 1) * 64 * KiB),
      )
    },
  },
  {
    name: 'pauses what is sent up when the answers are not read',
    async run({ connect, name }) {
      const client = connect()
      let taken = 0
      async function* source(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
        for (; taken < 500; taken++) yield new Uint8Array(64 * KiB)
      }
      const totals = client.received({ key: name }, source())
      await totals.next()
      const paused = await settled(async () => {
        await client.add({ a: 0, b: 0 })
        return taken
      })
      check(paused < 100, `Expected the source to pause before 100 chunks, got ${String(paused)}`)
      await totals.return()
    },
  },
  {
    name: 'brings events to the listeners of their topic alone',
    async run({ connect, name }) {
      const client = connect()
      const heard: string[] = []
      const here = client.news.on({ room: name }, ({ text }) => heard.push(`here ${text}`))
      const there = client.news.on({ room: `${name} too` }, ({ text }) => heard.push(`there ${text}`))
      await Promise.all([here.ready, there.ready])
      await client.announce({ room: name, text: 'one' })
      await client.announce({ room: `${name} too`, text: 'two' })
      here.off()
      await client.add({ a: 0, b: 0 })
      await client.announce({ room: name, text: 'three' })
      await client.announce({ room: `${name} too`, text: 'four' })
      equal(heard, ['here one', 'there two', 'there four'])
      there.off()
    },
  },
  {
    name: 'brings one event to every client that listens',
    async run({ connect, name }) {
      const clients = [connect(), connect(), connect()]
      const listeners = clients.map((client) => {
        const { promise, resolve } = Promise.withResolvers<string>()
        const { ready } = client.news.on({ room: name }, ({ text }) => {
          resolve(text)
        })
        return { ready, heard: promise }
      })
      await Promise.all(listeners.map(({ ready }) => ready))
      await clients[0]?.announce({ room: name, text: 'x'.repeat(5000) })
      equal(
        await Promise.all(listeners.map(({ heard }) => heard)),
        Array.from({ length: 3 }, () => 'x'.repeat(5000)),
      )
    },
  },
  {
    name: 'answers the server when it calls back',
    async run({ connect }) {
      const serves = implement(clientApi).handlers({ confirm: ({ input }) => ({ answer: `${input.question} Yes.` }) })
      equal(await connect({ serves }).askBack({ question: 'Really?' }), { answer: 'Really? Yes.' })
    },
  },
  {
    name: 'tells the server who it is',
    async run({ connect }) {
      const known = await connect({ auth: () => ({ token: 'good' }) }).whoami()
      equal([known.user, known.remoteAddress, known.secure], ['ada', '127.0.0.1', false])
      equal((await connect().whoami()).user, undefined)
    },
  },
  {
    name: 'gives up when its credentials are refused, and says why',
    async run({ connect }) {
      const client = connect({ auth: () => ({ token: 'bad' }) })
      equal((await failure(client.$.connected())).code, 'UNAUTHORIZED')
      equal(client.$.status.state, 'suspended')
    },
  },
  {
    name: 'comes back by itself when its socket is cut, with streams and listeners',
    server: 'terminate',
    async run({ connect, name }) {
      const client = connect({}, { as: name })
      const helper = connect()
      const beats = client.beats({ key: name })
      const heard: string[] = []
      await client.news.on({ room: name }, ({ text }) => heard.push(text)).ready
      await helper.beat({ key: name })
      equal((await beats.next()).value, 1)
      await cutAndReturn(helper, client, name)
      equal(client.$.stats().reconnects, 1)
      await helper.beat({ key: name })
      await helper.beat({ key: name })
      equal([(await beats.next()).value, (await beats.next()).value], [2, 3])
      await eventually(
        async () => {
          await client.announce({ room: name, text: 'again' })
          return heard.length
        },
        (count) => count > 0,
      )
      equal(heard[0], 'again')
      await beats.return()
    },
  },
  {
    name: 'goes on with a mutation whose connection is cut: it runs once, and can still be cancelled',
    server: 'terminate',
    async run({ connect, name }) {
      const client = connect({}, { as: name })
      const helper = connect()
      const abort = new AbortController()
      const cancelled = failure(client.wait({ key: name }, { signal: abort.signal }))
      await eventually(
        () => helper.traceOf({ key: name }),
        ({ started }) => started === 1,
      )
      const back = new Promise<boolean | undefined>((resolve) => {
        client.$.onStatus(({ state, resumed }) => {
          if (state === 'connected') resolve(resumed)
        })
      })
      await helper.cut({ client: name })
      equal(await back, true)
      equal(await client.add({ a: 1, b: 2 }), 3)
      abort.abort()
      equal((await cancelled).code, 'CANCELLED')
      equal((await helper.traceOf({ key: name })).started, 1)
    },
  },
  {
    name: 'keeps calls made while it is away, and sends them when it is back',
    async run({ connect }) {
      const client = connect()
      await client.$.connected()
      client.$.reconnect()
      equal(await Promise.all([client.add({ a: 1, b: 2 }), client.add({ a: 3, b: 4 })]), [3, 7])
      equal(client.$.stats().reconnects, 1)
    },
  },
  {
    name: 'closes for good, and everything under way with it',
    async run({ connect, name }) {
      const client = connect()
      const items = client.oneAndSilence({ key: name })
      await items.next()
      const [call, waiting] = [failure(client.wait({ key: name })), failure(items.next())]
      await client.$.close()
      equal(
        [(await call).code, (await waiting).code, client.$.status.state],
        ['CLIENT_CLOSED', 'CLIENT_CLOSED', 'closed'],
      )
      equal((await failure(client.add({ a: 1, b: 1 }))).code, 'CLIENT_CLOSED')
      const other = connect()
      await eventually(
        () => other.traceOf({ key: name }),
        ({ started, ended }) => started === ended,
      )
    },
  },
  {
    name: 'works over TLS',
    server: 'tls',
    client: 'tls',
    async run({ connect }) {
      equal((await connect({}, { stand: 'tls' }).whoami()).secure, true)
    },
  },
  {
    name: 'works beside an application, on its own HTTP server',
    server: 'attach',
    async run({ connect }) {
      equal(await connect({}, { stand: 'attached' }).add({ a: 1, b: 2 }), 3)
    },
  },
  {
    name: 'leaves compression to RFC 7692 where both ends agree on it',
    server: 'rfc7692',
    client: 'rfc7692',
    async run({ connect }) {
      const client = connect({}, { stand: 'deflate' })
      const bytes = await client.bytes({ length: 200 * KiB, of: 'rows' })
      equal(await client.echo(bytes), bytes)
      const { received } = client.$.stats()
      // Below our own layer: to it, the messages have their full size.
      check(received.wireBytes > 200 * KiB, `Expected ours to be off, got ${String(received.wireBytes)} bytes`)
    },
  },
  {
    name: 'compresses by itself where only the server has RFC 7692',
    server: 'rfc7692',
    async run({ connect }) {
      const client = connect({}, { stand: 'deflate' })
      equal((await client.bytes({ length: 200 * KiB, of: 'rows' })).byteLength, 200 * KiB)
    },
  },
]

/** The error that a promise ends with. */
async function failure(promise: Promise<unknown>): Promise<TautlineError> {
  try {
    await promise
  } catch (error) {
    if (isTautlineError(error)) return error
    throw error
  }
  throw new Error('Expected an error, got an answer')
}

/** The value once it has been the same through ten round trips. */
async function settled(ask: () => Promise<number>): Promise<number> {
  let last = await ask()
  for (let same = 0; same < 10; ) {
    const now = await ask()
    same = now === last ? same + 1 : 0
    last = now
  }
  return last
}

async function cutAndReturn(helper: ConformanceClient, client: ConformanceClient, name: string): Promise<void> {
  const lost = new Promise<void>((resolve) => {
    const end = client.$.onStatus(({ state }) => {
      if (state !== 'reconnecting') return
      end()
      resolve()
    })
  })
  await helper.cut({ client: name })
  await lost
  await client.$.connected()
}
