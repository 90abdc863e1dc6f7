// What may be in flight at a time.
import { CloseCode, DEFAULT_LIMITS, type Frame, FrameType } from '@tautline/core/protocol'
import { codec, type HandClient } from '../hand-client.ts'
import { add, answerTo, call, hello, idOf, items, listen, open, ping } from './limit-frames.ts'
import { closedWith, type LimitClients, type LimitOutcome, type LimitRule } from './limit-rule.ts'

const MAX_PARAMS_BYTES = 4096
/** Within which a message fits in any case, with room for other things. */
const FRAMES_IN_A_MESSAGE = 512
/** Fewer than may be in flight. */
const CALLS_AT_ONCE = 100

/** The last of so many requests at once, of which the others stay as they are. */
async function lastOf(
  client: HandClient,
  amount: number,
  { others, last }: { readonly others: (id: number) => Frame; readonly last: (id: number) => Frame },
): Promise<LimitOutcome> {
  const frames = Array.from({ length: amount }, (_, n) => (n === amount - 1 ? last : others)(idOf(n)))
  for (let start = 0; start < amount; start += FRAMES_IN_A_MESSAGE) {
    client.send(...frames.slice(start, start + FRAMES_IN_A_MESSAGE))
    // What was answered is acknowledged with the next: what is not stands in the way of more.
    client.send(ping(start))
    await client.find((frame) => frame.type === FrameType.Pong && frame.n === start)
  }
  return answerTo(client, idOf(amount - 1))
}

export const requestLimits: readonly LimitRule[] = [
  {
    name: 'calls',
    limit: DEFAULT_LIMITS.calls,
    past: 'LIMIT_EXCEEDED',
    async send(clients, amount) {
      return lastOf(await clients.greet(), amount, { others: (id) => call(id, 'hold', undefined), last: add })
    },
  },
  {
    name: 'streams',
    limit: DEFAULT_LIMITS.streams,
    past: 'LIMIT_EXCEEDED',
    async send(clients, amount) {
      return lastOf(await clients.greet(), amount, {
        others: (id) => open(id, 'silence'),
        last: (id) => open(id, 'one'),
      })
    },
  },
  {
    name: 'topics',
    limit: DEFAULT_LIMITS.topics,
    past: 'LIMIT_EXCEEDED',
    async send(clients, amount) {
      const ask = (id: number): Frame => listen(id, { room: id })
      return lastOf(await clients.greet(), amount, { others: ask, last: ask })
    },
  },
  {
    name: 'handlers that run on when cancelled, beside one more call',
    limit: DEFAULT_LIMITS.calls + DEFAULT_LIMITS.streams - 1,
    past: 'OVERLOADED',
    async send(clients, amount) {
      const client = await clients.greet()
      for (let start = 0; start < amount; start += CALLS_AT_ONCE) {
        const ids = Array.from({ length: Math.min(CALLS_AT_ONCE, amount - start) }, (_, n) =>
          idOf(start + n + start / CALLS_AT_ONCE),
        )
        const behind = idOf(start + ids.length + start / CALLS_AT_ONCE)
        // What is cancelled before it has begun never runs.
        client.send(...ids.map((id) => call(id, 'stubborn', undefined)), add(behind))
        await answerTo(client, behind)
        client.send(...ids.map((id): Frame => ({ type: FrameType.Cancel, id })))
      }
      client.send(add(idOf(2 * amount)))
      return answerTo(client, idOf(2 * amount))
    },
  },
  {
    name: 'bytes of the parameters in LISTEN',
    limit: MAX_PARAMS_BYTES,
    past: 'LIMIT_EXCEEDED',
    async send(clients, amount) {
      const client = await clients.greet()
      const room = (length: number): object => ({ room: 0, padding: 'a'.repeat(length) })
      const around = codec.encode(room(1000)).byteLength - 1000
      client.send(listen(1, room(amount - around)))
      return answerTo(client, 1)
    },
  },
  {
    name: 'streamItems',
    limit: DEFAULT_LIMITS.streamItems,
    past: closedWith(CloseCode.ProtocolError),
    async send(clients, amount) {
      const client = await clients.greet()
      client.send(open(1, 'ignore'), items(1, Array<Uint8Array>(amount).fill(Buffer.of(1))), add(3))
      return answerTo(client, 3)
    },
  },
  {
    // The last byte lets one more item pass, of whatever size.
    name: 'streamBytes before the last item',
    limit: DEFAULT_LIMITS.streamBytes - 1,
    past: closedWith(CloseCode.ProtocolError),
    async send(clients, amount) {
      const client = await clients.greet()
      const around = codec.encode([new Uint8Array(100_000)]).byteLength - 100_000
      client.send(open(1, 'ignore'), items(1, [new Uint8Array(amount - around)]))
      client.send(items(1, [Buffer.of(1)]), add(3))
      return answerTo(client, 3)
    },
  },
  ...[
    {
      name: 'calls behind HELLO',
      limit: DEFAULT_LIMITS.calls,
      other: (id: number) => call(id, 'hold', undefined),
      last: add,
    },
    {
      name: 'streams behind HELLO',
      limit: DEFAULT_LIMITS.streams,
      other: (id: number) => open(id, 'silence'),
      last: (id: number) => open(id, 'one'),
    },
  ].map(({ name, limit, other, last }) => ({
    name,
    limit,
    past: 'LIMIT_EXCEEDED' as const,
    async send(clients: LimitClients, amount: number): Promise<LimitOutcome> {
      const client = await clients.open()
      client.send(
        hello(undefined),
        ...Array.from({ length: amount - 1 }, (_, n) => other(idOf(n))),
        last(idOf(amount - 1)),
      )
      return answerTo(client, idOf(amount - 1))
    },
  })),
]
