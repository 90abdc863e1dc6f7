import { duplex, router, subscription } from '@tautline/core'
import { type ItemSource, implement, tracked } from '@tautline/core/peer'
import { createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { createClient } from './create-client.ts'
import { createTestServer, type TestServer } from './test-server.fixture.ts'

/*
 * Which items travel together depends on timing, sizes and credit. Nobody may be able to tell: random sources and readers, over
 * connections that are lost, with windows of all sizes.
 */

const RUNS = Number(process.env['TAUTLINE_FUZZ_BATCHES_RUNS'] ?? 100)
const SEED = Number(process.env['TAUTLINE_FUZZ_SEED'] ?? Date.now() % 0x7fffffff)

const Item = v.object({ n: v.number(), text: v.string() })

const api = router({
  watch: subscription({ output: Item, resume: v.number() }),
  echo: duplex({ up: Item, output: Item }),
})

interface Schedule {
  readonly source: 'array' | 'generator' | 'async' | 'slow'
  readonly count: number
  /** Characters of the items, in turn. */
  readonly sizes: readonly number[]
  readonly limits: { readonly streamItems: number; readonly maxStreamItems: number; readonly streamBytes: number }
  readonly latencyMs: number
  /** How long the reader pauses before items, in turn; 0 is not at all. */
  readonly pausesMs: readonly number[]
  /** After how many items the connection is lost, from one loss to the next. */
  readonly cuts: readonly number[]
  readonly stopsAfter: number
}

const schedules: fc.Arbitrary<Schedule> = fc.record({
  source: fc.constantFrom('array', 'generator', 'async', 'slow'),
  count: fc.oneof(fc.nat(5), fc.nat(100), fc.nat(3_000)),
  sizes: fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(30) }, fc.nat(5_000), fc.nat(100_000)), {
    minLength: 1,
    maxLength: 5,
  }),
  limits: fc.record({
    streamItems: fc.oneof(fc.constant(32), fc.integer({ min: 1, max: 50 })),
    maxStreamItems: fc.oneof(fc.constant(8192), fc.integer({ min: 1, max: 300 })),
    streamBytes: fc.oneof(fc.constant(256 * 1024), fc.integer({ min: 1, max: 20_000 })),
  }),
  latencyMs: fc.nat(20),
  pausesMs: fc.array(fc.oneof({ weight: 10, arbitrary: fc.constant(0) }, fc.nat(50)), { minLength: 1, maxLength: 40 }),
  cuts: fc.array(fc.nat(200), { maxLength: 3 }),
  stopsAfter: fc.oneof({ weight: 3, arbitrary: fc.constant(Number.POSITIVE_INFINITY) }, fc.nat(500)),
})

/** So that no schedule takes long. */
const MOST_BYTES = 2_000_000

function itemsOf({ count, sizes }: Schedule): v.InferOutput<typeof Item>[] {
  const items: v.InferOutput<typeof Item>[] = []
  let bytes = 0
  for (let n = 1; n <= count && bytes < MOST_BYTES; n += 1) {
    const size = sizes[n % sizes.length] ?? 0
    bytes += size
    items.push({ n, text: 'x'.repeat(size) })
  }
  return items
}

function sourceOf<T>(kind: Schedule['source'], items: readonly T[], clock: VirtualClock): ItemSource<T> {
  if (kind === 'array') return items
  return kind === 'generator' ? synchronously(items) : asynchronously(items, kind === 'slow' ? clock : undefined)
}

function* synchronously<T>(items: readonly T[]): Generator<T> {
  yield* items
}

async function* asynchronously<T>(items: readonly T[], clock: VirtualClock | undefined): AsyncGenerator<T> {
  for (const [place, item] of items.entries()) {
    if (clock !== undefined && place % 7 === 3) await sleep(clock, place % 5)
    yield item
  }
}

function sleep(clock: VirtualClock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(clock.now() + ms, resolve)
  })
}

function serve(schedule: Schedule, clock: VirtualClock): TestServer {
  const items = itemsOf(schedule)
  const implementation = implement(api).handlers({
    watch({ resume = 0 }) {
      const tracks = items.slice(resume).map((item) => tracked(item.n, item))
      return sourceOf(schedule.source, tracks, clock)
    },
    async *echo({ up }) {
      yield* up
    },
  })
  return createTestServer({ clock, implementation, limits: schedule.limits, latencyMs: schedule.latencyMs })
}

/** Reads as the schedule says, and looks at each item. */
async function read(
  stream: AsyncIterable<v.InferOutput<typeof Item>> & { readonly lastResume?: number | undefined },
  schedule: Schedule,
  { clock, cut, tracks }: { readonly clock: VirtualClock; readonly cut: () => void; readonly tracks: boolean },
): Promise<number> {
  const expected = itemsOf(schedule)
  const cuts = [...schedule.cuts]
  let taken = 0
  let untilCut = cuts.shift()
  for await (const item of stream) {
    taken += 1
    if (item.n !== taken) throw new Error(`Expected item ${taken}, got ${item.n}`)
    expect(item.text.length).toBe(expected[taken - 1]?.text.length)
    if (tracks) expect(stream.lastResume).toBe(taken)
    if (untilCut !== undefined && untilCut-- === 0) {
      cut()
      untilCut = cuts.shift()
    }
    if (taken >= schedule.stopsAfter) break
    const pauseMs = schedule.pausesMs[taken % schedule.pausesMs.length] ?? 0
    if (pauseMs > 0) await sleep(clock, pauseMs)
  }
  return taken
}

async function expectAll(schedule: Schedule, way: 'watch' | 'echo'): Promise<void> {
  const clock = createVirtualClock()
  const server = serve(schedule, clock)
  const client = createClient(api, {
    connector: server.network.connector,
    clock,
    random: () => 0.5,
    compression: false,
    pageSignals: () => () => {},
  })
  const items = itemsOf(schedule)
  const stream = way === 'watch' ? client.watch() : client.echo(undefined, sourceOf(schedule.source, items, clock))
  const cut = (): void => (way === 'watch' ? server.latest.link.cut() : undefined)
  const reading = read(stream, schedule, { clock, cut, tracks: way === 'watch' })
  const state = { reading: 'going on' }
  const ended = (): string => (state.reading = 'ended')
  reading.then(ended, ended)
  for (let waited = 0; waited < 1_000 && state.reading !== 'ended'; waited += 1) await clock.advanceAsync(500)
  expect(await reading).toBe(Math.min(items.length, Math.max(1, schedule.stopsAfter)))
  const closed = client.$.close()
  await clock.advanceAsync(60_000)
  await closed
  expect(client.$.stats()).toMatchObject({ inFlight: 0, queued: 0 })
  expect(clock.pending).toBe(0)
}

test.each(['watch', 'echo'] as const)(
  `nobody can tell which items of %s have travelled together (seed ${SEED})`,
  async (way) => {
    await fc.assert(
      fc.asyncProperty(schedules, (schedule) => expectAll(schedule, way)),
      { seed: SEED, numRuns: RUNS },
    )
  },
  120_000,
)
