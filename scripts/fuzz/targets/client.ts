// A whole client, and a server that sends whatever it likes: instead of WELCOME, behind it, over one connection and the next.
import { createClient } from '@tautline/client'
import { isTautlineError, query, router } from '@tautline/core'
import type { Transport, TransportListener } from '@tautline/core/io'
import { decodeBody, decodeEnvelope, encodeFrame, type Frame, FrameType } from '@tautline/core/protocol'
import { createMemoryNetwork, createVirtualClock, rawWelcome } from '@tautline/core/testing'
import { implement } from '@tautline/server'
import * as v from 'valibot'
import { DEFAULT_LIMITS } from '../../../packages/core/src/protocol/limits.ts'
import { createValueCodec } from '../../../packages/core/src/protocol/value-codec.ts'
import type { FuzzInput, FuzzTarget } from '../fuzz-target.ts'
import { api } from './served-api.ts'
import { bodiesOf, stepsOf, talkOf } from './talk.ts'
import { Tamer } from './tamer.ts'

/** What the first byte of a step chooses; the second is its argument. */
const Step = { Raw: 0, Message: 1, Renumbered: 2, Time: 3, Close: 4, Welcome: 5, Reply: 6, Cut: 7 } as const
const KINDS = 8

const codec = createValueCodec()
const clientApi = router({ confirm: query({ input: v.any(), output: v.any() }) })
const serves = implement(clientApi).handlers({ confirm: ({ input }): unknown => input })
const welcome: Uint8Array = Uint8Array.of(Step.Welcome, 0)

const REPLIES: readonly unknown[] = [
  undefined,
  null,
  1,
  'x',
  [1],
  [{ id: 'a', n: 1 }],
  { id: 'a', n: 1 },
  new Map([[1, 2]]),
]

export const target: FuzzTarget = {
  seeds: [
    ...talkOf('server').map((talk) => stepsOf(Step.Raw, 0, talk)),
    ...talkOf('server').map((talk) => [welcome].concat(stepsOf(Step.Renumbered, 0, bodiesOf(talk)))),
    ...REPLIES.map((reply) =>
      [welcome].concat([0, 1, 2, 3, 4, 5].flatMap((n) => stepsOf(Step.Reply, n, [codec.encode(reply)]))),
    ),
    [welcome, Uint8Array.of(Step.Cut, 0), Uint8Array.of(Step.Time, 200), Uint8Array.of(Step.Welcome, 1)],
    [welcome, Uint8Array.of(Step.Close, 3), Uint8Array.of(Step.Time, 255)],
  ],
  maxSteps: 24,
  headBytes: 2,
  longestBytes: 256 * 1024,
  async run(input: FuzzInput) {
    const stand = createStand()
    await stand.settle()
    for (const step of input) {
      const [kind = 0, argument = 0] = step
      stand.step(kind % KINDS, argument, step.subarray(2))
      await stand.settle()
    }
    await stand.end()
  },
}

function createStand() {
  const clock = createVirtualClock({ afterPromises: (task) => void setImmediate(task) })
  const network = createMemoryNetwork({ clock })
  const server = new HostileServer()
  const faults: unknown[] = []
  network.listen((transport) => server.accept(transport))
  const client = createClient(api, {
    connector: network.connector,
    clock,
    random: () => 0.5,
    compression: false,
    serves,
    pageSignals: () => () => {},
    // Also told of listenings that were refused.
    onError: (error) => {
      if (!isTautlineError(error)) faults.push(error)
    },
    timeoutMs: 30_000,
  })
  let waiting = 0
  const settles = (promise: Promise<unknown>): void => {
    waiting += 1
    promise.then(
      () => void (waiting -= 1),
      (error: unknown) => {
        waiting -= 1
        if (!isTautlineError(error)) faults.push(error)
      },
    )
  }
  const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of items) if (waiting < 0) return
  }
  settles(client.echo(1))
  settles(client.rows({ ids: ['a'] }))
  settles(client.fails(1))
  settles(client.save({ id: 'a', n: 1 }, { idempotencyKey: 'once' }))
  settles(drain(client.ticks(1)))
  settles(drain(client.table(2)))
  settles(drain(client.pack('p', [{ id: 'a', n: 1 }])))
  const listening = client.news.on('x', () => {})
  const other = client.spot.on({ room: 'r' }, () => {})
  const check = (): void => {
    if (faults.length === 0) return
    const [fault] = faults
    throw new Error(`Expected no fault of the client, got ${fault instanceof Error ? fault.stack : String(fault)}`)
  }
  return {
    step(kind: number, argument: number, bytes: Uint8Array): void {
      if (kind === Step.Time) clock.advance(argument * 250)
      else if (kind === Step.Cut) network.links.at(-1)?.cut()
      else server.step(kind, argument, bytes)
    },
    async settle() {
      await clock.settle()
      check()
    },
    async end() {
      listening[Symbol.dispose]()
      other[Symbol.dispose]()
      const closed = client.$.close()
      await clock.advanceAsync(60_000)
      await closed
      check()
      if (waiting !== 0) throw new Error(`Expected everything to settle, ${waiting} promises wait`)
      const { inFlight, queued } = client.$.stats()
      const left = { inFlight, queued, links: network.links.length, timers: clock.pending }
      if (Object.values(left).some((n) => n !== 0))
        throw new Error(`Expected nothing to be left, got ${JSON.stringify(left)}`)
    },
  }
}

class HostileServer {
  #tamer = new Tamer(2)
  #transport: Transport | undefined
  #received = 0
  #gen = 0
  #contractHash = ''
  #asked: number[] = []

  accept(transport: Transport): TransportListener {
    this.#transport = transport
    return {
      onOpen() {},
      onMessage: (message) => this.#hear(message),
      onDrain() {},
      onClose: () => {
        if (this.#transport === transport) this.#transport = undefined
      },
    }
  }

  step(kind: number, argument: number, bytes: Uint8Array): void {
    switch (kind) {
      case Step.Raw:
        return this.#send(bytes.slice())
      case Step.Message:
        return this.#send(this.#tamer.message(bytes, this.#received))
      case Step.Renumbered:
        return this.#send(this.#tamer.renumbered(bytes, this.#received, this.#asked))
      case Step.Close:
        return this.#transport?.close([1000, 1001, 4400, 4401, 4503, 4999][argument % 6] ?? 1000, 'r')
      case Step.Welcome:
        return this.#welcome(argument)
      case Step.Reply:
        return this.#reply(argument, bytes)
      default:
    }
  }

  #send(message: Uint8Array): void {
    this.#transport?.send(message)
  }

  /** @param argument bits: resumed, without a window, with another contract */
  #welcome(argument: number): void {
    const resumed = (argument & 1) !== 0
    this.#gen += 1
    if (!resumed) this.#tamer = new Tamer(2)
    const frame: Frame = {
      type: FrameType.Welcome,
      welcome: rawWelcome({
        gen: this.#gen,
        resumed,
        rx: resumed ? this.#received : Math.min(this.#received, 16),
        resumeWindowMs: (argument & 2) === 0 ? 60_000 : 0,
        contractHash: (argument & 4) === 0 ? this.#contractHash : '0000000000000000',
        servesHash: serves['~contract'].hash,
      }),
    }
    this.#send(Uint8Array.of(0x93, 0, 0, resumed ? 0 : this.#received, 0x91, ...encodeFrame(frame)))
  }

  /** An answer to one of the requests, or an item of it. */
  #reply(argument: number, bytes: Uint8Array): void {
    const id = this.#asked[argument % Math.max(1, this.#asked.length)]
    if (id === undefined) return
    const kind = argument >> 4
    const frame: Frame =
      kind % 3 === 0
        ? { type: FrameType.Ok, id, output: bytes.slice() }
        : kind % 3 === 1
          ? {
              type: FrameType.Items,
              id,
              count: 1,
              values: Buffer.concat([Uint8Array.of(0x91), bytes]),
              resumes: undefined,
            }
          : { type: FrameType.Error, id, code: 'NO', message: 'no', data: bytes.slice() }
    this.#send(this.#tamer.message(Buffer.concat([Uint8Array.of(0x91), encodeFrame(frame)]), this.#received))
  }

  #hear(message: Uint8Array): void {
    const { header, body } = decodeEnvelope(message, DEFAULT_LIMITS)
    if (header.count > 0) this.#received = header.seq + header.count - 1
    for (const frame of decodeBody(body, DEFAULT_LIMITS)) {
      if (frame.type === FrameType.Hello) {
        this.#contractHash = frame.hello.contractHash
        if (frame.hello.sid === undefined) this.#asked = []
      }
      if ('id' in frame && !this.#asked.includes(frame.id)) this.#asked.push(frame.id)
    }
  }
}
