import { describe, expect, test } from 'vitest'
import type { StreamEffect } from './link.ts'
import { type Request, RequestQueue, type RequestRunner } from './request-queue.ts'

/**
 * @param costMs of what is begun, by its id
 * @param laterMs what its handler costs behind an `await`, on a platform that tells when that is over
 */
function setUp(costMs: (id: number) => number = () => 0, laterMs?: (id: number) => number) {
  const log: string[] = []
  let now = 0
  let tasks: (() => void)[] = []
  let microtasksMs = 0
  let probes: (() => void)[] = []
  const runMicrotasks = (): void => {
    now += microtasksMs
    microtasksMs = 0
    const due = probes
    probes = []
    for (const probe of due) probe()
  }
  let isIdle = true
  const runner: RequestRunner = {
    get isIdle() {
      return isIdle
    },
    begin({ id }) {
      log.push(`begin ${id}`)
      now += costMs(id)
      microtasksMs += laterMs?.(id) ?? 0
      onBegin(id)
    },
    follow: ({ type, id }) => void log.push(`${type} ${id}`),
  }
  const queue: RequestQueue = new RequestQueue(runner, {
    now: () => now,
    nextTurn: (task) => tasks.push(task),
    afterMicrotasks: laterMs && ((task) => probes.push(task)),
  })
  let onBegin: (id: number) => void = () => {}
  return {
    queue,
    log,
    ask: (...ids: readonly number[]) => {
      for (const id of ids) queue.push(request(id))
      runMicrotasks()
    },
    whenBegun: (task: (id: number) => void): void => {
      onBegin = task
    },
    /** Others take so long, then the turn is over. @returns what began in the next one */
    turn: (othersMs = 0): readonly string[] => {
      now += othersMs
      log.length = 0
      const due = tasks
      tasks = []
      for (const task of due) {
        task()
        runMicrotasks()
      }
      return [...log]
    },
    pass: (ms: number): void => {
      now += ms
    },
    becomeBusy: (): void => {
      isIdle = false
    },
    waitsForTurn: (): boolean => tasks.length > 0,
  }
}

function request(id: number): Request {
  return { type: 'call', id, procedure: 0, input: undefined, timeoutMs: undefined, meta: undefined }
}

const end = (id: number): StreamEffect => ({ type: 'end', id })
const begins = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `begin ${from + index}`)
const upTo = (count: number): readonly number[] => fromTo(1, count)
const fromTo = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** Asks for 1 to 4, which are light: from then on 8 may begin together. */
function warmUp({ ask, turn, log }: ReturnType<typeof setUp>): void {
  ask(...upTo(4))
  turn()
  log.length = 0
}

describe('RequestQueue', () => {
  test('begins at once what costs little, and looks at no turn for it', () => {
    const stand = setUp()
    const { ask, log, queue, waitsForTurn } = stand
    warmUp(stand)
    ask(5, 6, 7)
    expect(log).toEqual(begins(5, 7))
    expect(queue.size).toBe(0)
    expect(waitsForTurn()).toBe(false)
  })

  test('begins 4 in the first turn and the fifth in the next, in order', () => {
    const { ask, log, queue, turn } = setUp()
    ask(...upTo(5))
    expect(log).toEqual(begins(1, 4))
    expect(queue.size).toBe(1)
    expect(turn()).toEqual(['begin 5'])
    expect(queue.size).toBe(0)
  })

  test('doubles what begins in a turn while turns are short, up to 64', () => {
    const { ask, turn } = setUp()
    ask(...upTo(1000))
    expect(Array.from({ length: 5 }, () => turn().length)).toEqual([8, 16, 32, 64, 64])
  })

  test('cuts it to what takes 2 ms where a turn was longer than 4, at once and down to one', () => {
    const { ask, turn } = setUp()
    ask(...upTo(500))
    for (let n = 0; n < 4; n += 1) turn()
    expect(turn(320)).toHaveLength(1)
    expect(turn(1000)).toHaveLength(1)
    expect(turn(4)).toHaveLength(1)
  })

  test('grows by one from there: whoever was light for long and heavy once must be light for as long again', () => {
    const { ask, turn } = setUp()
    ask(...upTo(500))
    for (let n = 0; n < 4; n += 1) turn()
    expect(turn(32)).toHaveLength(4)
    expect(Array.from({ length: 4 }, () => turn(1).length)).toEqual([5, 6, 7, 8])
    expect(turn(4)).toHaveLength(8)
  })

  test('begins nothing more in a turn of which a handler has taken a millisecond', () => {
    const stand = setUp((id) => ({ 5: 0.9, 6: 1 })[id] ?? 0)
    const { ask, log, turn } = stand
    warmUp(stand)
    ask(5, 6, 7)
    expect(log).toEqual(begins(5, 6))
    expect(turn()).toEqual(['begin 7'])
  })

  test('lets so many turns pass as a handler has cost milliseconds', () => {
    const { ask, turn } = setUp(() => 5)
    ask(1, 2, 3)
    expect(Array.from({ length: 10 }, () => turn())).toEqual([[], [], [], [], ['begin 2'], [], [], [], [], ['begin 3']])
  })

  test('finds one that is heavy among many that are light, or at the latest the one behind it', () => {
    const stand = setUp((id) => (id === 9 || id === 10 ? 5 : 0.01))
    const { ask, log, turn } = stand
    warmUp(stand)
    ask(...fromTo(5, 11))
    expect(log).toEqual(begins(5, 10))
    expect(Array.from({ length: 5 }, () => turn())).toEqual([[], [], [], [], ['begin 11']])
  })

  test('does not charge a connection with what others do in the same turn', () => {
    const stand = setUp(() => 0.01)
    const { ask, log, pass } = stand
    warmUp(stand)
    ask(5, 6, 7, 8)
    pass(7)
    ask(9, 10)
    expect(log).toEqual(begins(5, 10))
  })

  test('forgives what was cost once nothing was asked for', () => {
    const { ask, log, turn, pass } = setUp(() => 5)
    ask(1)
    turn()
    pass(1.5)
    ask(2)
    expect(log).toEqual(['begin 2'])
  })

  test('never begins what was dropped while it waited', () => {
    const { ask, queue, turn } = setUp(() => 1)
    ask(1, 2, 3)
    expect([queue.drop(2), queue.drop(2), queue.drop(1)]).toEqual([true, false, false])
    expect(queue.size).toBe(1)
    expect(turn()).toEqual(['begin 3'])
  })

  test('finds what is left among much that was dropped', () => {
    const { ask, queue, turn } = setUp(() => 1)
    ask(1)
    for (let id = 2; id < 10_000; id++) {
      ask(id)
      queue.drop(id)
    }
    ask(10_000)
    expect(turn()).toEqual(['begin 10000'])
  })

  test('brings a stream what has come for it once it has begun, ahead of all else', () => {
    const { ask, queue, log, turn } = setUp(() => 1)
    ask(1, 2, 3)
    queue.follow(end(1))
    queue.follow(end(2))
    expect(log).toEqual(['begin 1', 'end 1'])
    expect(turn()).toEqual(['begin 2', 'end 2'])
    expect(turn()).toEqual(['begin 3'])
  })

  test('goes on where a handler drops the rest, and asks anew', () => {
    const { ask, queue, turn, whenBegun } = setUp(() => 1)
    ask(1, 2, 3, 4)
    whenBegun((id) => {
      if (id !== 2) return
      queue.clear()
      ask(5)
    })
    expect(turn()).toEqual(['begin 2', 'begin 5'])
    expect(queue.size).toBe(0)
    expect(turn()).toEqual([])
  })

  describe('where it is told when microtasks are done', () => {
    test('cuts to a millisecond what handlers take behind an `await`, whatever others do in the turn', () => {
      const stand = setUp(undefined, (id) => (id > 4 ? 0.5 : 0.01))
      const { ask, turn } = stand
      warmUp(stand)
      ask(...fromTo(5, 40))
      // 8 took 4 ms, for which 3 turns pass, and from then on 2 have their millisecond.
      expect(Array.from({ length: 6 }, () => turn(7).length)).toEqual([0, 0, 0, 2, 2, 2])
    })

    test('lets one begin at a time of those that are heavy behind an `await`, and lets turns pass for each', () => {
      const { ask, log, turn } = setUp(undefined, () => 5)
      ask(...upTo(6))
      // Nobody knew of the first ones, which cost 20 ms.
      expect(log).toEqual(begins(1, 4))
      const counts = Array.from({ length: 26 }, () => turn().length)
      expect(counts.flatMap((count, index) => (count > 0 ? [[index, count]] : []))).toEqual([
        [19, 1],
        [24, 1],
      ])
    })

    test('doubles what takes little, also where turns are long by what others do', () => {
      const { ask, turn } = setUp(undefined, () => 0.001)
      ask(...upTo(1000))
      expect(Array.from({ length: 5 }, () => turn(20).length)).toEqual([8, 16, 32, 64, 64])
    })

    test('asks nothing of the platform for one light call behind the other', () => {
      const stand = setUp(undefined, () => 0)
      const { ask, pass, waitsForTurn } = stand
      warmUp(stand)
      for (const id of fromTo(5, 200)) {
        pass(0.1)
        ask(id)
      }
      expect(waitsForTurn()).toBe(false)
    })

    test.each([
      ['that come closer to one another than answers go', 0.04, false],
      ['behind something that is not done', 0.1, true],
    ])('watches the fourth of those %s', (_, apartMs, isBusy) => {
      const stand = setUp(undefined, () => 0)
      const { ask, becomeBusy, pass, waitsForTurn } = stand
      warmUp(stand)
      pass(2)
      if (isBusy) becomeBusy()
      for (const id of fromTo(5, 7)) {
        ask(id)
        expect(waitsForTurn()).toBe(false)
        pass(apartMs)
      }
      ask(8)
      expect(waitsForTurn()).toBe(true)
    })
  })

  test('begins everything at once where nobody else is to have a turn', () => {
    const log: number[] = []
    const runner: RequestRunner = { isIdle: true, begin: ({ id }) => void log.push(id), follow: () => {} }
    const queue = new RequestQueue(runner, { now: () => 0 })
    for (const id of upTo(500)) queue.push(request(id))
    expect(log).toHaveLength(500)
  })
})
