import { expect, onTestFinished, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import { DEFAULT_BACKLOG_LIMITS } from './backlog-watch.ts'
import { call } from './call.fixture.ts'
import { batchOf, connectPair, expectNothingLeft, type Pair, type PairOptions } from './connected.fixture.ts'
import { plainLists } from './forms.ts'
import { BYTES_PER_ITEM, ITEM_BYTES_PER_TURN, MOST_SHARES, STREAMS_PER_TURN } from './item-allowance.ts'
import { ItemSender } from './item-sender.ts'
import type { SessionLink } from './link.ts'

const MiB = 1024 * 1024

async function connect(options: PairOptions): Promise<Pair> {
  const pair = await connectPair(options)
  onTestFinished(() => expectNothingLeft(pair))
  return pair
}

/** Opens a stream with all the credit that there can be. */
function openWithoutBound({ client }: Pair): void {
  const id = client.connection.nextId()
  const request = { id, procedure: 'stream', input: undefined, timeoutMs: undefined, meta: undefined }
  client.connection.open({ ...request, resume: undefined, duplex: false })
  client.connection.move(() => [
    { type: 'send', frame: { type: FrameType.Credit, id, items: 2 ** 52, bytes: 2 ** 52 } },
  ])
}

test('ends with 4508 in the middle of a turn that asks for more than may wait', async () => {
  const answer = new Uint8Array(MiB / 2)
  const pair = await connect({
    server: (effect, link) => {
      if (effect.type === 'call') link.succeed(effect.id, pair.codec.encode(answer))
    },
  })
  pair.link.down.setMode('paused')
  for (let i = 0; i < 256; i++) call(pair, i)
  await pair.clock.settle()
  expect(pair.server.told).toContain('lost: 4508 local')
  expect(pair.link.down.backlogBytes).toBeLessThan(17 * MiB)
})

test('leaves the turn to others when a stream has sent its share, whatever the credit', async () => {
  const item = new Uint8Array(64 * 1024)
  const perTurn: number[] = []
  const pair = await connect({
    backlog: { ...DEFAULT_BACKLOG_LIMITS, watchedBytes: 8 * MiB },
    server: (effect, link) => {
      if ((effect.type !== 'open' && effect.type !== 'writable') || perTurn.length === 4) return
      let sent = 0
      for (; link.itemRoom(effect.id) !== undefined; sent++) link.sendItems(effect.id, batchOf(pair.codec, item))
      perTurn.push(sent)
    },
  })
  // The client granted more than it knows of, and would object.
  pair.link.down.setMode('paused')
  openWithoutBound(pair)
  await pair.clock.settle()
  const share = Math.ceil(ITEM_BYTES_PER_TURN / (item.byteLength + BYTES_PER_ITEM))
  expect(perTurn).toEqual([share, share, share, share])
})

test('what comes in meanwhile gives streams no more of a turn of the event loop', async () => {
  const item = new Uint8Array(1024)
  let sent = 0
  const pair = await connect({
    backlog: { ...DEFAULT_BACKLOG_LIMITS, watchedBytes: 8 * MiB },
    server: (effect, link) => {
      if (effect.type === 'call') link.succeed(effect.id, undefined)
      if (effect.type !== 'open' && effect.type !== 'writable') return
      for (; link.itemRoom(effect.id) !== undefined; sent++) link.sendItems(effect.id, batchOf(pair.codec, item))
    },
  })
  const nextTurn: (() => void)[] = []
  pair.clock.nextTurn = (task) => nextTurn.push(task)
  pair.link.down.setMode('paused')
  for (let streams = 0; streams < 2 * STREAMS_PER_TURN; streams++) openWithoutBound(pair)
  await pair.clock.settle()
  const share = sent
  // The clock stands still: none of them has taken any time.
  expect(share).toBeCloseTo((MOST_SHARES * ITEM_BYTES_PER_TURN) / (item.byteLength + BYTES_PER_ITEM), -1)
  for (const turns of [2, 3]) {
    for (let n = 0; n < 5; n++) {
      call(pair, n)
      await pair.clock.settle()
    }
    expect(sent).toBe((turns - 1) * share)
    // However many have come in, they are woken once.
    expect(nextTurn).toHaveLength(1)
    nextTurn.shift()?.()
    await pair.clock.settle()
    expect(sent).toBe(turns * share)
  }
})

test('counts small items for more than their bytes, those of all streams that collect them together', async () => {
  const perTurn: number[] = []
  const senders = new Map<number, ItemSender>()
  const pair = await connect({
    backlog: { ...DEFAULT_BACKLOG_LIMITS, watchedBytes: 8 * MiB },
    server: (effect, link) => {
      if (effect.type === 'open')
        senders.set(effect.id, new ItemSender({ link, id: effect.id, lists: plainLists(pair.codec) }))
      if (senders.size < 2 || perTurn.length === 3) return
      let added = 0
      const collecting = new Set(senders.values())
      // In turn, as sources do that are asynchronous.
      while (collecting.size > 0) {
        for (const sender of collecting) {
          if (!sender.hasRoom()) collecting.delete(sender)
          else {
            sender.add(1)
            added += 1
          }
        }
      }
      if (added > 0) perTurn.push(added)
    },
  })
  pair.link.down.setMode('paused')
  openWithoutBound(pair)
  openWithoutBound(pair)
  await pair.clock.settle()
  const share = ITEM_BYTES_PER_TURN / BYTES_PER_ITEM
  expect(perTurn).toHaveLength(3)
  for (const added of perTurn) {
    expect(added).toBeGreaterThan(0.9 * share)
    expect(added).toBeLessThan(1.1 * share)
  }
})

test('streams that may send and say nothing keep no others from their turn', async () => {
  const ids: number[] = []
  const woken: number[] = []
  const links: SessionLink[] = []
  const pair = await connect({
    server: (effect, link) => {
      if (effect.type === 'open') ids.push(effect.id)
      if (effect.type === 'open' && ids.length === 1) links.push(link)
      if (effect.type === 'writable') woken.push(effect.id)
    },
  })
  for (let n = 0; n < 10; n++) openWithoutBound(pair)
  await pair.clock.settle()
  woken.length = 0
  // Sources that were slow to be made: nothing else happens in this turn.
  const allowed = ids.filter((id) => links[0]?.itemRoom(id) !== undefined)
  expect(allowed).toHaveLength(STREAMS_PER_TURN)
  await pair.clock.settle()
  expect([...allowed, ...woken]).toEqual(ids)
})

test('stops a stream without bound whose reader has stopped, and ends it', async () => {
  const item = new Uint8Array(64 * 1024)
  const pair = await connect({
    backlog: { ...DEFAULT_BACKLOG_LIMITS, stalledMs: 5000 },
    server: (effect, link) => {
      if (effect.type !== 'open' && effect.type !== 'writable') return
      while (link.itemRoom(effect.id) !== undefined) link.sendItems(effect.id, batchOf(pair.codec, item))
    },
  })
  pair.link.down.setMode('paused')
  openWithoutBound(pair)
  await pair.clock.advanceAsync(4999)
  expect(pair.server.told).toEqual(['hello'])
  expect(pair.link.down.backlogBytes).toBeLessThan(1.1 * MiB)
  await pair.clock.advanceAsync(1)
  expect(pair.server.told).toContain('lost: 4508 local')
})
