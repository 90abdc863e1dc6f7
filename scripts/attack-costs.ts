// node --conditions=@tautline/source scripts/attack-costs.ts
// What a stranger can make a server compute: the table of docs/security.md. Of many rounds the fastest counts: the one with the least
// of other work in it.
// Sockets are in memory: what the runtime and the kernel spend on bytes is not in it.
import { deflateRawSync } from 'node:zlib'
import { event, query, router } from '@tautline/core'
import { encodeFrame, type Frame, FrameType, joinMessage } from '@tautline/core/protocol'
import { createVirtualClock, rawHello } from '@tautline/core/testing'
import { createServer, implement, type SocketListener } from '@tautline/server'
import * as v from 'valibot'

const KiB = 1024
const MiB = 1024 * KiB
const ROUNDS = 9
/** Values that a server takes in one message, as `limits.nodes` has it, and some room for what is around them. */
const NODES = 120_000 - 100
/** Small things are done so often in a round. */
const OFTEN = 4000

const api = router({
  take: query({ input: v.any() }),
  add: query({ input: v.object({ a: v.number(), b: v.number() }), output: v.number() }),
  news: event({ params: v.any(), payload: v.any() }),
})
const implementation = implement(api)
  .context(({ auth, fail }) => (auth === undefined ? fail('UNAUTHORIZED') : {}))
  .handlers({ take: () => undefined, add: ({ input }) => input.a + input.b, news: () => {} })

const clock = createVirtualClock({ afterPromises: (task) => void setImmediate(task) })
const server = createServer(implementation, {
  clock,
  log: false,
  resume: false,
  onError() {},
  // What single things cost: how many of them there may be is another matter.
  rates: false,
  upgradesPerAddress: false,
  maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
})
const request = {
  url: new URL('ws://server.example/rpc'),
  headers: new Headers({ host: 'server.example' }),
  remoteAddress: '192.0.2.1',
  secure: false,
}
const foreign = { ...request, headers: new Headers({ host: 'server.example', origin: 'https://evil.example' }) }

function open(): SocketListener {
  return server.accept({ compresses: false, backlogBytes: 0, send: () => true, close() {}, terminate() {} }, request)
}

const bodyOf = (frames: readonly Frame[]): Uint8Array =>
  Buffer.concat([arrayHead(frames.length), ...frames.map(encodeFrame)])
const messageOf = (seq: number, frames: readonly Frame[]): Uint8Array =>
  joinMessage({ seq, count: seq === 0 ? 0 : frames.length, ack: 0 }, bodyOf(frames), false)

function arrayHead(length: number): Uint8Array {
  return Uint8Array.of(0xdd, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff)
}

const hello = (auth: boolean): Uint8Array =>
  messageOf(0, [
    {
      type: FrameType.Hello,
      hello: rawHello({
        auth: auth ? Uint8Array.of(1) : undefined,
        compression: ['deflate-raw'],
        contractHash: implementation['~contract'].hash,
      }),
    },
  ])

/** A client that has been welcomed, and what it sends next. */
function welcomed(): { send(frames: readonly Frame[]): void; raw(message: Uint8Array): void; leave(): void } {
  const listener = open()
  listener.message(hello(true))
  let seq = 1
  return {
    send(frames) {
      listener.message(messageOf(seq, frames))
      seq += frames.length
    },
    raw: (message) => listener.message(message),
    leave: () => listener.closed(1006, ''),
  }
}

const call = (id: number, procedure: string, input: Uint8Array): Frame => ({
  type: FrameType.Call,
  id,
  procedure,
  input,
  timeoutMs: undefined,
  meta: undefined,
})

/** As many values of a kind as a limit lets into one message. */
function values(hex: string, most: number, maxBytes: number): Uint8Array {
  const value = Buffer.from(hex, 'hex')
  const count = Math.min(most, Math.floor((maxBytes - 64) / value.byteLength))
  return Buffer.concat([arrayHead(count), ...Array.from({ length: count }, () => value)])
}

async function settled(): Promise<void> {
  await clock.settle()
}

/** µs of the fastest round, for each of `times`. The clock of processor time is too coarse: it goes on by 4 ms on some machines. */
async function costOf(times: number, round: () => (() => void | Promise<void>) | Promise<() => void | Promise<void>>) {
  let fastest = Number.POSITIVE_INFINITY
  for (let n = 0; n < ROUNDS; n += 1) {
    const attack = await round()
    const before = performance.now()
    await attack()
    fastest = Math.min(fastest, ((performance.now() - before) * 1000) / times)
  }
  return fastest
}

const rows: (readonly [what: string, sent: number, micros: number])[] = []
const add = async (what: string, sent: number, times: number, round: Parameters<typeof costOf>[1]): Promise<void> => {
  rows.push([what, sent, await costOf(times, round)])
}
/** One message of one call, from a client that has been welcomed. */
const addMessage = (what: string, message: Uint8Array): Promise<void> =>
  add(what, message.byteLength, 1, async () => {
    const client = welcomed()
    await settled()
    return async () => {
      client.raw(message)
      await settled()
      client.leave()
    }
  })
const addCalls = (what: string, framesOf: (id: number) => readonly Frame[]): Promise<void> => {
  const bytes = messageOf(1, framesOf(1)).byteLength
  return add(what, bytes, OFTEN, async () => {
    const client = welcomed()
    await settled()
    return async () => {
      for (let n = 0; n < OFTEN; n += 1) {
        client.send(framesOf(1 + 2 * n))
        if (n % 100 === 99) await settled()
      }
      client.leave()
    }
  })
}

await add('an upgrade that is refused for its origin', 0, OFTEN, () => async () => {
  for (let n = 0; n < OFTEN; n += 1) await server.decideUpgrade(foreign)
})
await add('a socket that opens, says nothing and goes', 0, OFTEN, () => () => {
  for (let n = 0; n < OFTEN; n += 1) open().closed(1006, '')
})
for (const [what, auth] of [
  ['HELLO that is refused', false],
  ['HELLO that is accepted, and the end', true],
] as const) {
  const message = hello(auth)
  await add(what, message.byteLength, OFTEN, () => async () => {
    const listeners = Array.from({ length: OFTEN }, open)
    for (const listener of listeners) listener.message(message)
    await settled()
    for (const listener of listeners) listener.closed(1006, '')
    await settled()
  })
}
const three = Uint8Array.of(3)
await addCalls('a call, answered', (id) => [call(id, 'take', three)])
await addCalls('a call of what does not exist', (id) => [call(id, 'nothing', three)])
await addCalls('a call whose input its schema refuses', (id) => [call(id, 'add', three)])
await addCalls('a call and its cancel', (id) => [call(id, 'take', three), { type: FrameType.Cancel, id }])
await addCalls('a listening and its end', (id) => [
  { type: FrameType.Listen, id, event: 'news', params: three },
  { type: FrameType.Cancel, id },
])
for (const [what, hex, nodes] of [
  ['numbers', '01', 1],
  ['text of one letter', 'a161', 1],
  ['objects of one key', '81a16101', 3],
  ['dates', 'd6ff00000001', 1],
  ['bytes, none each', 'c400', 8],
  ['typed arrays, empty', 'd4060a', 8],
  ['Sets, empty', 'd40590', 9],
] as const) {
  const wire = values(hex, Math.floor(NODES / nodes), MiB)
  await addMessage(`${what}, as many as a message may hold`, messageOf(1, [call(1, 'take', wire)]))
}
await addMessage(
  'a bomb: 64 MiB of zeros, deflated',
  joinMessage({ seq: 1, count: 1, ack: 0 }, deflateRawSync(Buffer.alloc(64 * MiB)), true),
)
await addMessage('a million levels of nesting', messageOf(1, [call(1, 'take', Buffer.alloc(MiB - 100, 0x91))]))

const nulls = `[${'null,'.repeat(999_999)}null]`
await add('for comparison: `JSON.parse` of a million `null`', nulls.length, 1, () => () => void JSON.parse(nulls))

console.log('| sent | bytes | time |\n|---|--:|--:|')
for (const [what, sent, micros] of rows) {
  const time = micros < 1000 ? `${micros.toFixed(micros < 10 ? 1 : 0)} µs` : `${(micros / 1000).toFixed(1)} ms`
  console.log(`| ${what} | ${sent === 0 ? '' : sent.toLocaleString('en')} | ${time} |`)
}
