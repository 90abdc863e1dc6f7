// A whole server, and a client that sends whatever it likes: before HELLO, behind it, over one socket and over the next.
import { decodeBody, decodeEnvelope, encodeFrame, type Frame, FrameType } from '@tautline/core/protocol'
import { rawHello } from '@tautline/core/testing'
import type { SocketListener } from '@tautline/server'
import { createZlibCompressor } from '../../../packages/core/src/io/zlib-compressor.ts'
import { DEFAULT_LIMITS } from '../../../packages/core/src/protocol/limits.ts'
import { createValueCodec } from '../../../packages/core/src/protocol/value-codec.ts'
import type { FuzzInput, FuzzTarget } from '../fuzz-target.ts'
import { expectNothingLeft, type HostilePeer, playSteps } from './hostile-steps.ts'
import { requestSeeds } from './request-seeds.ts'
import { api, createServed, SECRET } from './served-api.ts'
import { bodiesOf, stepsOf, talkOf } from './talk.ts'
import { Tamer } from './tamer.ts'

/** What the first byte of a step chooses; the second is its argument. */
const Step = {
  Raw: 0,
  Message: 1,
  Renumbered: 2,
  Time: 3,
  Lost: 4,
  Hello: 5,
  Text: 6,
  Backlog: 7,
  Deflated: 8,
  Publish: 9,
} as const
const KINDS = 10
const WITNESS_EVERY = 64

const served = createServed()
const codec = createValueCodec()
const compressor = createZlibCompressor()
const contractHash = served.implementation['~contract'].hash
const secret = Buffer.from(SECRET)
let runs = 0

const hello: Uint8Array = Uint8Array.of(Step.Hello, 0)

export const target: FuzzTarget = {
  seeds: [
    ...talkOf('client').map((talk) => stepsOf(Step.Raw, 0, talk)),
    ...talkOf('client').map((talk) => [hello].concat(stepsOf(Step.Renumbered, 0, bodiesOf(talk)))),
    ...requestSeeds(api, codec).map((bodies) => [hello].concat(stepsOf(Step.Renumbered, 0, bodies))),
    [
      Uint8Array.of(Step.Hello, 1),
      Uint8Array.of(Step.Lost, 0),
      Uint8Array.of(Step.Hello, 8),
      Uint8Array.of(Step.Time, 9),
    ],
    [Uint8Array.of(Step.Text, 0)],
    [hello, Uint8Array.of(Step.Backlog, 255), Uint8Array.of(Step.Publish, 1), Uint8Array.of(Step.Time, 40)],
  ],
  maxSteps: 24,
  headBytes: 2,
  longestBytes: 256 * 1024,
  async run(input: FuzzInput) {
    // Sessions that wait for their client end, and what has a deadline; the last is the count of lines that were left out.
    await playSteps(served, input, { peer: new HostileClient(), kinds: KINDS, restMs: 61_000 })
    expectNothingLeft(served)
    runs += 1
    if (runs % WITNESS_EVERY === 0) await witness()
  },
}

/** Others are served as ever. */
async function witness(): Promise<void> {
  const client = new HostileClient()
  client.step(Step.Hello, 0, new Uint8Array())
  const call = { type: FrameType.Call, id: 1, procedure: 'echo', timeoutMs: undefined, meta: undefined } as const
  client.step(Step.Message, 0, bodyOf({ ...call, input: codec.encode('still here') }))
  await served.clock.settle()
  const ok = client.heard.find((frame) => frame.type === FrameType.Ok)
  if (ok?.type !== FrameType.Ok || ok.output === undefined || codec.decode(ok.output) !== 'still here') {
    throw new Error('Expected others to be served')
  }
  client.leave()
  await served.clock.advanceAsync(20_000)
}

function bodyOf(frame: Frame): Uint8Array {
  return Uint8Array.of(0x91, ...encodeFrame(frame))
}

class HostileClient implements HostilePeer {
  readonly heard: Frame[] = []
  #tamer = new Tamer(1)
  #listener: SocketListener | undefined
  #received = 0
  #backlogBytes = 0
  #attempt = 0
  #ticket: { readonly sid: string; readonly token: Uint8Array } | undefined
  readonly #asked: number[] = []

  step(kind: number, argument: number, bytes: Uint8Array): void {
    switch (kind) {
      case Step.Raw:
        return this.#socket().message(bytes)
      case Step.Message:
        return this.#socket().message(this.#tamer.message(bytes, this.#received))
      case Step.Renumbered:
        return this.#socket().message(this.#tamer.renumbered(bytes, this.#received, this.#asked))
      case Step.Time:
        return served.clock.advance(argument * 250)
      case Step.Lost:
        return this.#close([1006, 1000, 1001, 4400, 4408][argument % 5] ?? 1006)
      case Step.Hello:
        return this.#hello(argument)
      case Step.Text:
        return this.#socket().textMessage()
      case Step.Backlog:
        this.#backlogBytes = argument * 128 * 1024
        return argument === 0 ? this.#socket().drained() : undefined
      case Step.Deflated:
        return this.#socket().message(this.#deflated(bytes))
      case Step.Publish:
        served.server.publish(api.news, argument % 3, 'n'.repeat(argument * 16))
        served.server.publish(api.spot, { room: `r${argument % 2}` }, { x: argument }, { key: 'k' })
        return
      default:
    }
  }

  leave(): void {
    this.#close(1001)
  }

  #socket(): SocketListener {
    this.#listener ??= this.#open()
    return this.#listener
  }

  #open(): SocketListener {
    const listener = served.server.accept(
      {
        compresses: false,
        backlogBytes: 0,
        send: (message) => this.#hear(message),
        close: () => queueMicrotask(() => this.#close(1000)),
        terminate: () => queueMicrotask(() => this.#close(1006)),
      },
      {
        url: new URL('ws://server.example/rpc'),
        headers: new Headers({ host: 'server.example' }),
        remoteAddress: '192.0.2.1',
        secure: false,
      },
    )
    return listener
  }

  #close(code: number): void {
    const listener = this.#listener
    this.#listener = undefined
    listener?.closed(code, '')
  }

  /** @param argument bits: compression; another contract; the session before, if there is one; on standby; with credentials */
  #hello(argument: number): void {
    if (this.#listener !== undefined && (argument & 0x40) !== 0) this.#close(1006)
    const resumes = (argument & 4) !== 0 && this.#ticket !== undefined
    this.#attempt += 1
    if (!resumes) {
      this.#tamer = new Tamer(1)
      this.#received = 0
    }
    const frame: Frame = {
      type: FrameType.Hello,
      hello: rawHello({
        ...(resumes ? this.#ticket : {}),
        rx: resumes ? this.#received : 0,
        attempt: this.#attempt,
        compression: (argument & 1) === 0 ? [] : ['deflate-raw'],
        contractHash: (argument & 2) === 0 ? contractHash : '0000000000000000',
        standby: (argument & 8) !== 0,
        auth: (argument & 16) === 0 ? undefined : codec.encode((argument & 32) === 0 ? 'ada' : 'refuse'),
      }),
    }
    this.#socket().message(Uint8Array.of(0x93, 0, 0, 0, ...bodyOf(frame)))
  }

  #deflated(body: Uint8Array): Uint8Array {
    const message = this.#tamer.message(body, this.#received)
    const deflated = compressor?.deflate(body) ?? body
    if (deflated instanceof Promise) return message
    const header = message.subarray(0, message.byteLength - body.byteLength)
    const length = deflated.byteLength
    return Buffer.concat([header, Uint8Array.of(0xc8, length >> 8, length & 0xff, 1), deflated])
  }

  /** All that leaves is well-formed, and holds nothing of what goes wrong inside. */
  #hear(message: Uint8Array): boolean {
    if (Buffer.from(message.buffer, message.byteOffset, message.byteLength).includes(secret)) {
      throw new Error('Expected no secret to leave')
    }
    const { header, body, compressed } = decodeEnvelope(message, DEFAULT_LIMITS)
    const plain = compressed ? compressor?.inflate(body, DEFAULT_LIMITS.inflatedBytes) : body
    if (plain === undefined || plain instanceof Promise) throw new Error('Expected to inflate at once')
    const frames = decodeBody(plain, DEFAULT_LIMITS)
    if (header.count > 0) this.#received = Math.max(this.#received, header.seq + header.count - 1)
    for (const frame of frames) this.#note(frame)
    return this.#backlogBytes < 16 * 1024 * 1024
  }

  #note(frame: Frame): void {
    if (this.heard.length < 64) this.heard.push(frame)
    if (frame.type === FrameType.Welcome) this.#ticket = { sid: frame.welcome.sid, token: frame.welcome.token }
    if (frame.type === FrameType.Call || frame.type === FrameType.Open) this.#asked.push(frame.id)
  }
}
