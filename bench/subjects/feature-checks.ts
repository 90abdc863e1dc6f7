import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { bytesOf, idOf, ROW_COUNT, type Row, type Tick, type Todo, tableOf, tickOf, todoOf } from '../workload.ts'
import type { CheckedServer } from './checked-server.ts'
import type { BenchClient, Feature } from './subject.ts'

export interface Stand {
  readonly server: CheckedServer
  readonly client: BenchClient
  /** Another connection to the same server. */
  readonly connect: () => Promise<BenchClient>
  /** Kills the server and starts it again on the same port. */
  readonly restart: () => Promise<void>
}

export interface FeatureCheck {
  readonly title: string
  /** What the subject may say that it does without. Where there is none, it has to do it. */
  readonly feature?: Feature
  /** Whether it looks at values that differ from one time to the next. */
  readonly looksAtValues?: true
  /** Where the interface leaves it to the subject. @default yes */
  readonly isOffered?: (client: BenchClient) => boolean
  run(stand: Stand): Promise<void>
}

/** As many as are measured: what is dropped when a socket falls behind shows with many only. */
const ITEM_COUNT = 100_000
const EVENT_COUNT = 20
const CHANGED_ROWS = 50
const BYTES_LENGTH = 1_048_576
/** Several libraries wait a few seconds before they try again. */
const BACK_LIMIT_MS = 30_000
const RETRY_MS = 50
/** For answers that were sent to a server that is gone: some wait for them for ever. */
const ANSWER_LIMIT_MS = 10_000

const expectedTodo = (n: number): Todo => todoOf(idOf(n))

async function getsRight({ client }: Stand): Promise<void> {
  assert.deepEqual(plain(await client.get(idOf(7))), expectedTodo(7))
  const numbers = Array.from({ length: 64 }, (_, n) => n)
  const answers = await Promise.all(numbers.map((n) => client.get(idOf(n))))
  assert.deepEqual(answers.map(plain), numbers.map(expectedTodo))
}

async function readsTable({ client }: Stand): Promise<void> {
  const rows = await client.table()
  assert.equal(rows.length, ROW_COUNT)
  assert.deepEqual(rows.map(plain), tableOf())
}

async function echoesBytes({ client }: Stand): Promise<void> {
  for (const length of [0, 1, 255, BYTES_LENGTH]) {
    const bytes = bytesOf(length)
    const back = await client.echo(bytes)
    assert.ok(back instanceof Uint8Array, `Expected a Uint8Array, got ${Object.prototype.toString.call(back)}`)
    assert.ok(Buffer.from(bytes).equals(back), `${length} bytes came back as ${back.byteLength} others`)
  }
}

async function streamsItems({ client }: Stand): Promise<void> {
  for (const count of [0, 1, ITEM_COUNT]) assert.equal(await client.stream(count), count)
}

async function publishesToTwo({ client, server, connect }: Stand): Promise<void> {
  const second = await connect()
  const both = [client, second]
  const heard = await Promise.all(both.map((one) => hears<Tick>(EVENT_COUNT, (onTick) => one.subscribe(onTick))))
  for (let n = 0; n < EVENT_COUNT; n += 1) server.publish(n)
  const expected = Array.from({ length: EVENT_COUNT }, (_, n) => tickOf(n))
  for (const { events } of heard) assert.deepEqual((await within(events, ANSWER_LIMIT_MS)).map(plain), expected)
  await second.close()
}

async function publishesRows({ client, server }: Stand): Promise<void> {
  const { events } = await hears<readonly Row[]>(1, async (onRows) => {
    await client.subscribeRows?.(onRows)
  })
  server.publishRows(CHANGED_ROWS)
  for (const rows of await within(events, ANSWER_LIMIT_MS)) assert.deepEqual(rows.map(plain), tableOf(CHANGED_ROWS))
}

/** In an object, so that awaiting the subscription does not await the events. */
async function hears<Event>(
  count: number,
  subscribe: (onEvent: (event: Event) => void) => Promise<void>,
): Promise<{ readonly events: Promise<readonly Event[]> }> {
  const { promise: events, resolve } = Promise.withResolvers<readonly Event[]>()
  const heard: Event[] = []
  await subscribe((event) => {
    heard.push(event)
    if (heard.length === count) resolve(heard)
  })
  return { events }
}

async function comesBack({ client, restart }: Stand): Promise<void> {
  await restart()
  const deadline = performance.now() + BACK_LIMIT_MS
  for (;;) {
    try {
      assert.deepEqual(plain(await within(client.get(idOf(3)), ANSWER_LIMIT_MS)), expectedTodo(3))
      return
    } catch (error) {
      if (error instanceof assert.AssertionError || performance.now() > deadline) throw error
      await delay(RETRY_MS)
    }
  }
}

/** Without what libraries hang on their results, such as a disposer. */
const plain = <Value extends object>(value: Value): Value => Object.fromEntries(Object.entries(value)) as Value

async function within<Value>(promise: Promise<Value>, limitMs: number): Promise<Value> {
  const timer = new AbortController()
  const late = delay(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`Expected an answer within ${limitMs} ms`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    timer.abort()
    late.catch(() => undefined)
  }
}

/** The last one restarts the server: what stands behind it would find it new. */
export const featureChecks: readonly FeatureCheck[] = [
  { title: 'calls', looksAtValues: true, run: getsRight },
  { title: 'table', run: readsTable },
  { title: 'bytes', feature: 'bytes', run: echoesBytes },
  { title: 'stream', feature: 'stream', run: streamsItems },
  { title: 'publish', feature: 'publish', looksAtValues: true, run: publishesToTwo },
  {
    title: 'publish rows',
    feature: 'publish',
    looksAtValues: true,
    isOffered: (client) => 'subscribeRows' in client,
    run: publishesRows,
  },
  { title: 'reconnect', feature: 'reconnect', run: comesBack },
]
