import { duplex, event, query, router, subscription } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { createValueCodec, type Frame, FrameType, MessageBuilder } from '@tautline/core/protocol'
import { rawHello } from '@tautline/core/testing'
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { createBench, upgradeRequest } from './test-bench.fixture.ts'

const RUNS = Number(process.env['TAUTLINE_FUZZ_SERVER_RUNS'] ?? 3000)
const SEED = Number(process.env['TAUTLINE_FUZZ_SEED'] ?? Date.now() % 0x7fffffff)

const api = router({
  echo: query({ input: v.any(), output: v.any() }),
  ticks: subscription({ input: v.any(), output: v.number(), resume: v.any() }),
  sum: duplex({ up: v.any(), output: v.any() }),
  news: event({ params: v.any(), payload: v.any() }),
})

/** How often each handler ran: what is refused at the door would prove nothing. */
const ran = { echo: 0, ticks: 0, sum: 0, news: 0 }

const implementation = implement(api).handlers({
  echo: ({ input }): unknown => {
    ran.echo++
    return input
  },
  ticks: () => {
    ran.ticks++
    return []
  },
  async *sum({ up }) {
    ran.sum++
    yield* up
  },
  news: () => {
    ran.news++
  },
})

const codec = createValueCodec()

const id = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.nat(), fc.constant(2 ** 53 - 1))
/** `__proto__` is no key that can be encoded. */
const jsonValue = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__'))
const payload = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 6, arbitrary: jsonValue.map((value) => codec.encode(value)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 20 }) },
)
const ref = fc.oneof(
  fc.constantFrom('echo', 'ticks', 'sum', 'news'),
  fc.constantFrom('constructor', '__proto__'),
  fc.nat({ max: 5 }),
)
const timeoutMs = fc.oneof(fc.constant(undefined), fc.nat())
const request = { id, procedure: ref, input: payload, timeoutMs, meta: fc.constant(undefined) }

/** Frames of the right shape, in any order, under any id. */
const usual: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant(FrameType.Call), ...request }),
  fc.record({ type: fc.constant(FrameType.Open), ...request, resume: payload }),
  fc.record({ type: fc.constant(FrameType.Listen), id, event: ref, params: payload }),
  fc.record({ type: fc.constant(FrameType.Cancel), id }),
  fc.record({ type: fc.constant(FrameType.End), id }),
  fc.record({ type: fc.constant(FrameType.Credit), id, items: fc.nat(), bytes: fc.nat() }),
  fc.record({
    type: fc.constant(FrameType.Items),
    id,
    count: fc.integer({ min: 1, max: 40 }),
    values: payload.map((value) => value ?? codec.encode([null])),
    resumes: payload,
  }),
  fc.record({ type: fc.constant(FrameType.Ping), n: fc.nat(), t: fc.nat() }),
)

/** Of the right shape as well, and out of place. */
const odd: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant(FrameType.Ok), id, output: payload }),
  fc.record({ type: fc.constant(FrameType.Hello), hello: fc.constant(rawHello()) }),
  fc.record({ type: fc.constant(FrameType.Close), code: fc.nat(), reason: fc.string(), retry: fc.boolean() }),
)

const frame = fc.oneof({ weight: 50, arbitrary: usual }, { weight: 1, arbitrary: odd })

interface Message {
  /** The id of a tame one becomes one that fits: the next for a request, a known one for what follows. */
  readonly frames: readonly { readonly frame: Frame; readonly isTame: boolean }[]
  /** How far its number is from the one that is due. */
  readonly skew: number
  /** Bytes to overwrite: place and value. */
  readonly damage: readonly (readonly [place: number, value: number])[]
}

const message: fc.Arbitrary<Message> = fc.record({
  frames: fc.array(fc.record({ frame, isTame: fc.nat({ max: 29 }).map((n) => n > 0) }), { minLength: 1, maxLength: 4 }),
  skew: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) }),
  damage: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }) },
  ),
})

test(`whatever a client sends, the server stays as it is for all others (seed ${SEED})`, {
  timeout: 600_000,
}, async () => {
  const bench = createBench(implementation, { limits: { calls: 4, streams: 4, topics: 4 } })
  const witness = await bench.connect()
  await bench.run(witness.listen('news', 'x').accepted)

  const property = fc.asyncProperty(
    fc.array(message, { minLength: 1, maxLength: 8 }),
    fc.nat({ max: 9 }).map((n) => n > 0),
    async (messages, saysHello) => {
      let isOpen = true
      const builder = new MessageBuilder()
      const listener = bench.server.accept(
        {
          compresses: false,
          backlogBytes: 0,
          send: () => true,
          close() {
            isOpen = false
          },
          terminate() {},
        },
        upgradeRequest(),
      )
      let due = 1
      let lastId = -1
      const streams: number[] = []
      const tamed = (each: Frame): Frame | undefined => {
        if (!('id' in each)) return each
        if (each.type === FrameType.Call || each.type === FrameType.Open || each.type === FrameType.Listen) {
          lastId += 2
          if (each.type === FrameType.Open) streams.push(lastId)
          return { ...each, id: lastId }
        }
        const stream = streams[each.id % streams.length]
        return stream === undefined ? undefined : { ...each, id: stream }
      }
      const send = ({ frames, skew, damage }: Message): void => {
        for (const { frame: each, isTame } of frames) {
          const sent = isTame ? tamed(each) : each
          if (sent !== undefined) builder.append(sent)
        }
        const count = builder.countedCount
        const bytes = builder.takeMessage({ seq: count === 0 ? 0 : Math.max(0, due + skew), count, ack: 0 })
        for (const [place, value] of damage) bytes[place % bytes.byteLength] = value
        due += count
        listener.message(bytes)
      }
      const contractHash = implementation['~contract'].hash
      const hello: Frame = { type: FrameType.Hello, hello: rawHello({ contractHash }) }
      if (saysHello) send({ frames: [{ frame: hello, isTame: false }], skew: 0, damage: [] })
      for (const each of messages) {
        send(each)
        await bench.clock.settle()
      }
      listener.closed(isOpen ? 1006 : 1000, '')
      await bench.clock.settle()
      expect(bench.errors).toEqual([])
      expect(bench.server.stats()).toMatchObject({ connections: 1, running: 1, outgoing: 0, topics: 1 })
    },
  )
  await fc.assert(property, { numRuns: RUNS, seed: SEED })
  console.info(`fuzz: seed ${SEED}, ${RUNS} clients, handlers ran ${JSON.stringify(ran)}`)
  expect(Object.values(ran).every((times) => times > 0)).toBe(true)

  expect(await bench.run(witness.api.echo('still here'))).toBe('still here')
  expect(witness.endings).toEqual([])
})
