// Requests of a long poll to a whole server: bodies of any shape, in any pieces, by any id.
import { Encoder } from '@msgpack/msgpack'
import { decodePollAnswer } from '@tautline/core/long-poll'
import { encodeFrame, FrameType, type ValueCodec } from '@tautline/core/protocol'
import { rawHello } from '@tautline/core/testing'
import { createLongPoll } from '@tautline/server'
import protocol from '../../../packages/core/PROTOCOL.md' with { type: 'text' }
import { createValueCodec } from '../../../packages/core/src/protocol/value-codec.ts'
import { fromHex } from '../../../packages/core/src/protocol/vector-notation.fixture.ts'
import type { FuzzInput, FuzzTarget } from '../fuzz-target.ts'
import { expectNothingLeft, type HostilePeer, playSteps } from './hostile-steps.ts'
import { requestSeeds } from './request-seeds.ts'
import { api, createServed } from './served-api.ts'
import { stepsOf, talkOf } from './talk.ts'
import { Tamer } from './tamer.ts'

/** What the first byte of a step chooses; the second is its argument: whose id, the mode, how the body is cut. */
const Step = { Raw: 0, Parts: 1, Message: 2, Hello: 3, Time: 4, Abort: 5 } as const
const KINDS = 6
const STATUSES: ReadonlySet<number> = new Set([200, 400, 403, 408, 410, 413, 429, 503])

const encoder = new Encoder()
const served = createServed()
const codec: ValueCodec = createValueCodec()
const poll = createLongPoll(served.server, { clock: served.clock })
const contractHash = served.implementation['~contract'].hash

const POLL_TALK = /^```poll\n(.*?)^```$/ms
const bodies = [...(POLL_TALK.exec(protocol)?.[1] ?? '').matchAll(/^C (\S+)$/gm)].map(([, hex = '']) => fromHex(hex))
const hello: Uint8Array = Uint8Array.of(Step.Hello, 0)
let ids = 0

export const target: FuzzTarget = {
  seeds: [
    stepsOf(Step.Raw, 0, bodies),
    ...bodies.map((body) => stepsOf(Step.Raw, 0, [body])),
    ...talkOf('client').map((talk) => [hello].concat(stepsOf(Step.Message, 4, talk))),
    ...requestSeeds(api, codec).map((all) => [hello].concat(stepsOf(Step.Message, 8, all))),
    [hello, Uint8Array.of(Step.Time, 100), Uint8Array.of(Step.Parts, 8, 0x91, 0x92, 0, 0xc4, 1, 0xc1)],
    [hello, Uint8Array.of(Step.Parts, 4, 0x91, 0x93, 2, 0xcd, 3, 0xe8, 0xa0), Uint8Array.of(Step.Abort, 0)],
  ],
  maxSteps: 16,
  headBytes: 2,
  longestBytes: 600 * 1024,
  async run(input: FuzzInput) {
    const browser = new HostileBrowser()
    await playSteps(served, input, { peer: browser, kinds: KINDS, restMs: 120_000 })
    const failure = await browser.failure()
    if (failure !== undefined) throw failure
    expectNothingLeft(served, poll.stats())
  },
}

class HostileBrowser implements HostilePeer {
  readonly #answers: Promise<Error | undefined>[] = []
  readonly #abort = new AbortController()
  readonly #tamer = new Tamer(1)
  readonly #id = idOf((ids += 1))
  #sent = 0
  #heard = 0

  step(kind: number, argument: number, bytes: Uint8Array): void {
    switch (kind) {
      case Step.Raw:
        return this.#post(bytes, argument)
      case Step.Parts:
        return this.#post(this.#headed(argument, 1, bytes), argument)
      case Step.Message:
        return this.#post(this.#headed(argument, 1, partOf(this.#tamer.message(bytes, 0))), argument)
      case Step.Hello:
        return this.#hello(argument)
      case Step.Time:
        return served.clock.advance(argument * 250)
      case Step.Abort:
        return this.#abort.abort()
      default:
    }
  }

  leave(): void {
    this.#abort.abort()
  }

  async failure(): Promise<Error | undefined> {
    const all = await Promise.all(this.#answers)
    return all.find((answer) => answer !== undefined)
  }

  #hello(argument: number): void {
    const frame = encodeFrame({ type: FrameType.Hello, hello: rawHello({ contractHash }) })
    const message = Uint8Array.of(0x93, 0, 0, 0, 0x91, ...frame)
    this.#post(this.#headed(argument, 1, partOf(message)), 0)
  }

  #headed(argument: number, parts: number, bytes: Uint8Array): Uint8Array {
    const seq = parts === 0 ? 0 : this.#sent + 1
    this.#sent += parts
    return Buffer.concat([encoder.encode([(argument >> 2) % 3, this.#id, seq, this.#heard]), bytes])
  }

  /** @param argument how the body is cut: into pieces of so many bytes, or in one */
  #post(bytes: Uint8Array, argument: number): void {
    const pieceBytes = argument >> 4 === 0 ? bytes.byteLength : argument >> 4
    this.#answers.push(this.#answer(bytes, Math.max(1, pieceBytes)).catch((error: unknown) => error as Error))
  }

  async #answer(bytes: Uint8Array, pieceBytes: number): Promise<undefined> {
    const { status, body } = await poll.answer({
      upgrade: {
        url: new URL('http://server.example/rpc'),
        headers: new Headers({ host: 'server.example' }),
        remoteAddress: '192.0.2.1',
        secure: false,
      },
      body: inPieces(bytes, pieceBytes),
      signal: this.#abort.signal,
    })
    if (!STATUSES.has(status)) throw new Error(`Expected a status of the protocol, got ${status}`)
    if (status !== 200 || !(body instanceof Uint8Array)) return
    const { seq, parts } = decodePollAnswer(body)
    if (parts.length > 0) this.#heard = Math.max(this.#heard, seq + parts.length - 1)
  }
}

// What has as many pieces as it likes comes in as few turns as possible.
async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const size = Math.max(pieceBytes, Math.ceil(bytes.byteLength / 64))
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

function partOf(message: Uint8Array): Uint8Array {
  return encoder.encode([[0, message]])
}

/** As random as need be: no two browsers have the same. */
function idOf(n: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, n)
  return id
}
