/** Peers that mean no good, one after another. What each of them meets is tested elsewhere; here they come all the time. */
import { connect } from 'node:net'
import { deflateRawSync } from 'node:zlib'
import type { Random } from '@tautline/core/io'
import { FrameType, joinMessage } from '@tautline/core/protocol'
import { call, greetByHand, openByHand, plainHello } from '../../packages/adapters/conformance/hand-client.ts'
import { Opcode, type RawWebSocket, rawUpgrade } from '../../packages/adapters/src/raw-websocket.fixture.ts'

type Attack = (url: string, random: Random) => Promise<RawWebSocket>

const MiB = 1024 * 1024
let packed: Uint8Array | undefined
/** Packed once: that takes longer than all else here. */
const bomb = (): Uint8Array => (packed ??= deflateRawSync(new Uint8Array(64 * MiB)))

/** Each is gone after so long, whatever it got. */
const STAYS_MS = 1500

const attacks: Readonly<Record<string, Attack>> = {
  async garbage(url, random) {
    const { raw } = await openByHand(url)
    raw.sendBytes(noise(1 + Math.floor(random() * 4096), random))
    return raw
  },
  async 'garbage in a message'(url, random) {
    const { raw } = await greetByHand(url)
    raw.send(Opcode.Binary, noise(1 + Math.floor(random() * 4096), random))
    return raw
  },
  async 'a text message'(url) {
    const { raw } = await greetByHand(url)
    raw.send(Opcode.Text, new TextEncoder().encode('{"hello":1}'))
    return raw
  },
  async 'no HELLO'(url) {
    return (await openByHand(url)).raw
  },
  async 'HELLO twice'(url) {
    const client = await greetByHand(url)
    client.send({ type: FrameType.Hello, hello: plainHello })
    return client.raw
  },
  async 'calls of nothing there is'(url) {
    const client = await greetByHand(url)
    const ids = Array.from({ length: 1000 }, (_, index) => 1 + 2 * index)
    client.send(...ids.map((id) => call(id, '__proto__', {})))
    return client.raw
  },
  async 'calls that are never collected'(url) {
    const client = await greetByHand(url)
    client.raw.pause()
    for (let turn = 0; turn < 20; turn++) {
      const ids = Array.from({ length: 200 }, (_, index) => 1 + 2 * (200 * turn + index))
      client.send(...ids.map((id) => call(id, 'echo', { text: 'x'.repeat(2000) })))
    }
    return client.raw
  },
  async 'a bomb'(url) {
    const { raw } = await greetByHand(url, { compression: ['deflate-raw'] })
    raw.send(Opcode.Binary, joinMessage({ seq: 1, count: 1, ack: 0 }, bomb(), true))
    return raw
  },
  async 'declared lengths'(url) {
    const { raw } = await greetByHand(url)
    raw.send(Opcode.Binary, Buffer.from(`93010100${'dd00989680'.repeat(20)}`, 'hex'))
    return raw
  },
  async 'fragments of one byte'(url) {
    const { raw } = await greetByHand(url)
    raw.send(Opcode.Binary, Uint8Array.of(0), { fin: false })
    for (let index = 0; index < 2000; index++) raw.send(Opcode.Continuation, Uint8Array.of(0), { fin: false })
    return raw
  },
  async 'many pings'(url) {
    const { raw } = await greetByHand(url)
    for (let index = 0; index < 1000; index++) raw.send(Opcode.Ping, Uint8Array.of(1))
    return raw
  },
  async 'a refused upgrade'(url) {
    const { port, pathname } = new URL(url)
    return rawUpgrade({ port: Number(port), target: pathname, headers: { origin: 'https://evil.example' } })
  },
}
const names = Object.keys(attacks)

export type AttackName = string

/** Resolves with what it was when it is over. */
export async function attack(url: string, random: Random): Promise<AttackName> {
  const name = names[Math.floor(random() * (names.length + 1))]
  const run = name === undefined ? undefined : attacks[name]
  if (run === undefined) return halfARequest(url)
  const raw = await run(url, random)
  await pause(random() * STAYS_MS)
  raw.destroy()
  return name ?? ''
}

async function halfARequest(url: string): Promise<AttackName> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET /rpc HTTP/1.1\r\nhost: 127.0.0.1\r\nupgra')
  await pause(STAYS_MS)
  socket.resetAndDestroy()
  return 'half a request'
}

function noise(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
