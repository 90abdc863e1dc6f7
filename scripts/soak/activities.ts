/** What a client of a soak does, one at a time. Each checks what it is answered. */
import type { ItemStream } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import { ROOMS } from './soak-api.ts'
import type { SoakClient } from './soak-client.ts'

type Act = (client: SoakClient) => Promise<void>

const KiB = 1024
/** More than may be in flight: the client holds the rest back. */
const FLOOD_CALLS = 400
const SLOW_READ_MS = 20
const MOST_WAIT_MS = 400

async function add(client: SoakClient): Promise<void> {
  const [a, b] = [client.below(1e6), client.below(1e6)]
  client.setup.book.did('calls')
  client.setup.book.expect('add', await client.client.add({ a, b }), a + b)
}

async function tally(client: SoakClient): Promise<void> {
  const { slot, book } = client.setup
  const n = client.below(1e6)
  book.did('calls')
  try {
    book.expect('tally', await client.client.tally({ slot, n }), n)
    book.tallied(slot, 'answered')
  } catch (error) {
    if (!isTautlineError(error, 'CONNECTION_LOST')) throw error
    book.did('losses')
    if (error.outcome !== 'not-sent') book.tallied(slot, 'unknown')
  }
}

async function flood(client: SoakClient): Promise<void> {
  await Promise.all(Array.from({ length: FLOOD_CALLS }, () => add(client)))
}

async function echo(client: SoakClient): Promise<void> {
  const text = `line ${String(client.below(1e6))}\n`.repeat(200 + client.below(20_000))
  const answer = await client.client.echo({ text })
  if (answer !== text) client.setup.book.broke(`echo: ${String(answer.length)} characters, and others than were sent`)
}

async function echoBytes(client: SoakClient): Promise<void> {
  const bytes = crypto.getRandomValues(new Uint8Array(1 + client.below(64 * KiB - 1)))
  const answer = await client.client.echoBytes({ bytes })
  if (Buffer.compare(answer, bytes) !== 0) client.setup.book.broke('echoBytes: others than were sent')
}

async function cancel(client: SoakClient): Promise<void> {
  const controller = new AbortController()
  const answer = client.client.wait({ ms: 10 * MOST_WAIT_MS }, { signal: controller.signal }).result()
  await delay(client.below(MOST_WAIT_MS))
  controller.abort()
  const { ok } = await answer
  client.setup.book.expect('cancelled call', ok, false)
}

async function timeOut(client: SoakClient): Promise<void> {
  const result = await client.client
    .wait({ ms: 10 * MOST_WAIT_MS }, { timeoutMs: 1 + client.below(MOST_WAIT_MS) })
    .result()
  if (result.ok) client.setup.book.broke('a call that takes longer than it may was answered')
}

async function spin(client: SoakClient): Promise<void> {
  await client.client.spin({ ms: client.below(3) })
}

/** @param pauseMs between items */
async function read(client: SoakClient, count: Count, pauseMs = 0): Promise<void> {
  const { book } = client.setup
  const { to, breakAt = Number.POSITIVE_INFINITY } = count
  let last = 0
  for await (const { n } of open(client, count)) {
    book.did('items')
    book.expect('item', n, last + 1)
    last = n
    if (last >= breakAt) return
    if (pauseMs > 0) await delay(pauseMs)
  }
  book.expect('end of a stream', last, to)
}

interface Count {
  readonly to: number
  readonly itemBytes: number
  /** Leaves it there. */
  readonly breakAt?: number
}

function open(client: SoakClient, { to, itemBytes }: Count): ItemStream<{ readonly n: number }, unknown> {
  const procedure = client.below(2) === 0 ? 'count' : 'resumableCount'
  return client.client[procedure]({ to, itemBytes })
}

async function sum(client: SoakClient): Promise<void> {
  const count = 1 + client.below(300)
  let last = 0
  for await (const total of client.client.sum(
    {},
    Array.from({ length: count }, (_, index) => index + 1),
  )) {
    last = total
    client.setup.book.did('items')
  }
  client.setup.book.expect('sum', last, (count * (count + 1)) / 2)
}

async function comeAndGo(client: SoakClient): Promise<void> {
  const ends = Array.from({ length: 8 }, (_, index) => client.listen((client.setup.slot + index) % ROOMS))
  await delay(client.below(MOST_WAIT_MS))
  for (const end of ends) end()
}

/** Each as often as it stands here. */
export const activities: readonly [readonly [string, Act], ...(readonly [string, Act])[]] = [
  ['single calls', add],
  ['single calls', add],
  ['single calls', add],
  ['mutations', tally],
  ['mutations', tally],
  ['mutations', tally],
  ['floods', flood],
  ['large texts', echo],
  ['large bytes', echoBytes],
  ['cancelled calls', cancel],
  ['calls that time out', timeOut],
  ['spins', spin],
  ['streams', (client) => read(client, { to: 200, itemBytes: client.below(2 * KiB) })],
  ['streams', (client) => read(client, { to: 2000, itemBytes: 0 })],
  ['streams left early', (client) => read(client, { to: 1e9, itemBytes: 8 * KiB, breakAt: 1 + client.below(100) })],
  ['slow readers', (client) => read(client, { to: 100, itemBytes: 32 * KiB }, SLOW_READ_MS)],
  ['duplexes', sum],
  ['duplexes', sum],
  ['topics', comeAndGo],
  ['topics', comeAndGo],
  ['fresh starts', (client) => client.startAfresh()],
]

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
