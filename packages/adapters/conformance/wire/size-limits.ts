// What one message, or the messages of one second, may hold.
import { deflateRawSync } from 'node:zlib'
import { CloseCode, DEFAULT_LIMITS, FIRST_IGNORED_TYPE, FrameType, joinMessage } from '@tautline/core/protocol'
import { compressibleBody, deflatedTo, fill, messageBytesOf } from './filled-messages.ts'
import { add, answerTo, call, hello, idOf, listen, ping, servedUnlessClosed, take } from './limit-frames.ts'
import { closedWith, type LimitClients, type LimitOutcome, type LimitRule } from './limit-rule.ts'

const MESSAGE_TOO_BIG = 1009
const MAX_INFLATE_RATIO = 256
/** A server takes fewer than a client. */
const SERVER_NODES = 120_000
const MAX_PINGS_PER_SECOND = 100

async function sendCompressed(clients: LimitClients, deflated: Uint8Array): Promise<LimitOutcome> {
  const client = await clients.greet({ compression: ['deflate-raw'] })
  client.sendMessage(joinMessage({ seq: 1, count: 1, ack: 0 }, deflated, true))
  return answerTo(client, 1)
}

export const sizeLimits: readonly LimitRule[] = [
  {
    name: 'messageBytes',
    limit: DEFAULT_LIMITS.messageBytes,
    past: closedWith(MESSAGE_TOO_BIG),
    async send(clients, amount) {
      const client = await clients.greet()
      client.send(fill(amount, (bytes) => take(1, bytes), messageBytesOf(1, 1)))
      return answerTo(client, 1)
    },
  },
  {
    name: 'inflatedBytes',
    limit: DEFAULT_LIMITS.inflatedBytes,
    past: closedWith(CloseCode.TooLarge),
    send(clients, amount) {
      const body = compressibleBody(amount, 100_000)
      return sendCompressed(clients, deflateRawSync(body))
    },
  },
  {
    name: 'inflated bytes by 8192 that are compressed',
    limit: MAX_INFLATE_RATIO * 8192,
    past: closedWith(CloseCode.TooLarge),
    send(clients, amount) {
      return sendCompressed(clients, deflatedTo(amount, 8192))
    },
  },
  {
    name: 'depth',
    limit: DEFAULT_LIMITS.depth,
    past: closedWith(CloseCode.TooLarge),
    async send(clients, amount) {
      const client = await clients.greet()
      client.send(call(1, 'take', Buffer.concat([Buffer.alloc(amount, 0x91), Buffer.of(0xc0)])))
      return answerTo(client, 1)
    },
  },
  {
    name: 'nodes',
    limit: SERVER_NODES,
    past: closedWith(CloseCode.TooLarge),
    async send(clients, amount) {
      const client = await clients.greet()
      const head = Buffer.alloc(5, 0xdd)
      head.writeUInt32BE(amount - 1, 1)
      client.send(call(1, 'take', Buffer.concat([head, Buffer.alloc(amount - 1, 0xc0)])))
      return answerTo(client, 1)
    },
  },
  {
    name: 'framesPerMessage, counted',
    limit: DEFAULT_LIMITS.framesPerMessage,
    past: closedWith(CloseCode.TooLarge),
    async send(clients, amount) {
      const client = await clients.greet()
      client.send(...Array.from({ length: amount }, (_, n) => listen(idOf(n), { room: n })))
      return answerTo(client, idOf(0))
    },
  },
  {
    name: 'framesPerMessage, of an unknown type',
    limit: DEFAULT_LIMITS.framesPerMessage,
    past: closedWith(CloseCode.TooLarge),
    async send(clients, amount) {
      const client = await clients.greet()
      const heads = Buffer.of(0x93, 0, 0, 0, 0xdc, 0, 0)
      heads.writeUInt16BE(amount, 5)
      client.sendMessage(Buffer.concat([heads, ...Array<Uint8Array>(amount).fill(Buffer.of(0x91, FIRST_IGNORED_TYPE))]))
      client.send(add(1))
      return answerTo(client, 1)
    },
  },
  {
    name: 'PINGs within a second',
    limit: MAX_PINGS_PER_SECOND,
    past: closedWith(CloseCode.ProtocolError),
    async send(clients, amount) {
      const client = await clients.greet()
      client.send(...Array.from({ length: amount }, (_, n) => ping(n)))
      const last = client.find((frame) => frame.type === FrameType.Pong && frame.n === amount - 1)
      return servedUnlessClosed(client, last)
    },
  },
  {
    name: 'helloBytes',
    limit: DEFAULT_LIMITS.helloBytes,
    past: closedWith(CloseCode.TooLarge),
    async send(clients, amount) {
      const client = await clients.open()
      client.send(fill(amount, hello, messageBytesOf(0, 0)))
      return servedUnlessClosed(client, client.next(FrameType.Welcome))
    },
  },
]
