/** Subscriptions and uploads of a simulated client: each item once and in order, and nothing left out without a word. */
import { beginAt, type ClientBench, cancelAfter, judgeDeadline, judgeError } from './client-bench.ts'
import { checkPad, pause } from './handlers.ts'
import type { ApplicationStep } from './schedule.ts'
import { padOf } from './simulated-api.ts'

type CountStep = Extract<ApplicationStep, { readonly type: 'count' | 'live' }>
type SumStep = Extract<ApplicationStep, { readonly type: 'sum' }>

/** Reads a stream to its end, and says how that was. */
async function read<T>(
  bench: ClientBench,
  step: CountStep | SumStep,
  { items, mayLose, take, end }: Reading<T>,
): Promise<void> {
  const { world, name, process } = bench
  const { desk, referee } = world
  const { type, n, readMs, timeoutMs, cancelAfterMs } = step
  const what = `${type} ${n}`
  const began = beginAt(bench)
  let taken = 0
  try {
    for await (const item of items) {
      taken++
      take(item)
      if (readMs > 0) await pause(process.clock, readMs)
    }
    end()
    desk.succeeded(n)
    referee.note(name, `${what}: ended after ${taken} items`)
  } catch (error) {
    referee.note(name, `${what}: ${desk.failed(n, error)} after ${taken} items`)
    judgeError(bench, error, { what, began, timeoutMs, cancelAfterMs, mayLose })
  }
  // What has arrived is given out first: a slow reader learns of the end behind it.
  if (readMs === 0) judgeDeadline(bench, what, began, timeoutMs)
}

interface Reading<T> {
  readonly items: AsyncIterable<T>
  readonly mayLose: 'nothing' | 'CONNECTION_LOST' | 'GAP'
  readonly take: (item: T) => void
  /** It has ended by itself. */
  readonly end: () => void
}

export function readCount(bench: ClientBench, step: CountStep): Promise<void> {
  const { world, name, client } = bench
  const { n, to, everyMs, bytes, timeoutMs, cancelAfterMs } = step
  const { referee, desk } = world
  let last = 0
  desk.ask(n, 'count', name)
  return read(bench, step, {
    items: client.count({ n, to, everyMs, bytes }, { timeoutMs, signal: cancelAfter(bench, cancelAfterMs) }),
    mayLose: 'nothing',
    take: (item) => {
      if (item.n !== last + 1) referee.accuse('I4', `count ${n} of ${name}: ${item.n} came after ${last}`)
      checkPad(referee, item)
      last = item.n
    },
    end: () => {
      if (last !== to) referee.accuse('I4', `count ${n} of ${name} ended after ${last} of ${to}`)
    },
  })
}

export function readLive(bench: ClientBench, step: CountStep): Promise<void> {
  const { world, name, client } = bench
  const { n, to, everyMs, bytes, timeoutMs, cancelAfterMs, onGap } = step
  const { referee, desk, book } = world
  let last = { run: 0, n: 0 }
  let runs = 0
  let gaps = 0
  const began = world.clock.now()
  desk.ask(n, 'live', name)
  const told = (): void => {
    gaps++
    if (!book.hasLost(bench.id, began)) referee.accuse('session lost', `live ${n} of ${name} was told of a gap`)
  }
  return read(bench, step, {
    items: client.live(
      { n, to, everyMs, bytes },
      { timeoutMs, signal: cancelAfter(bench, cancelAfterMs), ...(onGap === 'restart' && { onGap: told }) },
    ),
    mayLose: 'GAP',
    take: (item) => {
      const isNext = item.run === last.run && item.n === last.n + 1
      // The first of all, or the first behind a gap, which may be told while the last item before it is being handed over.
      const isFirst = item.run !== last.run && item.n === 1 && runs <= gaps
      if (!isNext && !isFirst) {
        referee.accuse(
          'I4',
          `live ${n} of ${name}: ${JSON.stringify(item)} came after ${JSON.stringify(last)}, gaps: ${gaps}`,
        )
      }
      if (isFirst) runs++
      last = item
    },
    end: () => {
      if (last.n !== to) referee.accuse('I4', `live ${n} of ${name} ended after ${last.n} of ${to}`)
    },
  })
}

export function upload(bench: ClientBench, step: SumStep): Promise<void> {
  const { world, name, client, id, process } = bench
  const { n, to, everyMs, bytes, timeoutMs, cancelAfterMs } = step
  const { referee, desk } = world
  let last = 0
  desk.ask(n, 'sum', name)
  async function* up() {
    for (let item = 1; item <= to; item++) {
      if (everyMs > 0) await pause(process.clock, everyMs)
      yield { n: item, pad: padOf(bytes, item) }
    }
  }
  return read(bench, step, {
    items: client.sum({ n, client: id, waitMs: 0, pad: padOf(0, n) }, up(), {
      timeoutMs,
      signal: cancelAfter(bench, cancelAfterMs),
    }),
    mayLose: 'CONNECTION_LOST',
    take: (item) => {
      if (item !== last + 1) referee.accuse('I1', `sum ${n} of ${name}: ${item} came back after ${last}`)
      last = item
    },
    end: () => {
      if (last !== to) referee.accuse('I1', `sum ${n} of ${name} ended after ${last} of ${to}`)
    },
  })
}
