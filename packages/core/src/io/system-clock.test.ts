import { afterEach, expect, test, vi } from 'vitest'
import { createSystemClock } from './system-clock.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('never goes back', () => {
  const clock = createSystemClock()
  const first = clock.now()
  expect(clock.now()).toBeGreaterThanOrEqual(first)
})

test('never runs a task before its time', async () => {
  const clock = createSystemClock()
  const at = clock.now() + 3.5
  await new Promise<void>((resolve) => clock.schedule(at, resolve))
  expect(clock.now()).toBeGreaterThanOrEqual(at)
})

test('waits again when the timer fires early', () => {
  vi.useFakeTimers()
  const clock = createSystemClock()
  let ran = false
  clock.schedule(clock.now() + 10.25, () => {
    ran = true
  })
  vi.advanceTimersByTime(10)
  expect(ran).toBe(false)
  vi.advanceTimersByTime(1)
  expect(ran).toBe(true)
})

test('runs a task that is overdue soon, not at once', () => {
  vi.useFakeTimers()
  const clock = createSystemClock()
  let ran = false
  clock.schedule(clock.now() - 5, () => {
    ran = true
  })
  expect(ran).toBe(false)
  vi.advanceTimersByTime(1)
  expect(ran).toBe(true)
})

test('waits longer than the platform can', () => {
  vi.useFakeTimers()
  const clock = createSystemClock()
  const waitMs = 2 ** 31 + 1000
  let ran = false
  clock.schedule(clock.now() + waitMs, () => {
    ran = true
  })
  vi.advanceTimersByTime(waitMs - 1)
  expect(ran).toBe(false)
  vi.advanceTimersByTime(2)
  expect(ran).toBe(true)
})

test('forgets a cancelled task, also in its second wait', () => {
  vi.useFakeTimers()
  const clock = createSystemClock()
  let ran = false
  const cancel = clock.schedule(clock.now() + 2 ** 31 + 1000, () => {
    ran = true
  })
  vi.advanceTimersByTime(2 ** 31)
  cancel()
  vi.advanceTimersByTime(2 ** 31)
  expect(ran).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

async function orderOfDefer(): Promise<readonly string[]> {
  const clock = createSystemClock()
  const order: string[] = []
  await new Promise<void>((resolve) => {
    clock.defer(() => order.push('first deferred'))
    clock.defer(() => {
      order.push('second deferred')
      resolve()
    })
    queueMicrotask(() => {
      order.push('microtask')
      queueMicrotask(() => order.push('microtask of it'))
    })
    order.push('now')
  })
  return order
}

const EXPECTED_ORDER = ['now', 'microtask', 'microtask of it', 'first deferred', 'second deferred']

test('defers behind the microtasks of this turn, in order', async () => {
  expect(await orderOfDefer()).toEqual(EXPECTED_ORDER)
})

test('a task that throws keeps no others from their turn', () => {
  const turns: (() => void)[] = []
  vi.stubGlobal('setImmediate', (turn: () => void) => turns.push(turn))
  vi.stubGlobal('process', {})
  const done: string[] = []
  const clock = createSystemClock()
  clock.defer(() => done.push('first'))
  clock.defer(() => {
    throw new Error('broken')
  })
  clock.defer(() => done.push('third'))
  expect(turns).toHaveLength(1)
  const endTurns = turns.splice(0).map((turn) => {
    try {
      return turn()
    } catch (error) {
      return String(error)
    }
  })
  expect([endTurns, done]).toEqual([['Error: broken'], ['first']])
  expect(turns).toHaveLength(1)
  turns[0]?.()
  expect(done).toEqual(['first', 'third'])
})

test('begins the next turn behind what was deferred in this one', async () => {
  const clock = createSystemClock()
  const order: string[] = []
  await new Promise<void>((resolve) => {
    clock.nextTurn?.(() => {
      order.push('next turn')
      clock.defer(() => {
        order.push('deferred by it')
        resolve()
      })
    })
    queueMicrotask(() => {
      clock.defer(() => order.push('deferred'))
    })
  })
  expect(order).toEqual(['deferred', 'next turn', 'deferred by it'])
})

test('a task of the next turn that throws keeps no others from theirs', () => {
  // Its first turn is behind a timer.
  vi.stubGlobal('Deno', undefined)
  const turns: (() => void)[] = []
  vi.stubGlobal('setImmediate', (turn: () => void) => turns.push(turn))
  const done: string[] = []
  const clock = createSystemClock()
  clock.nextTurn?.(() => {
    throw new Error('broken')
  })
  clock.nextTurn?.(() => void done.push('second'))
  const thrown = turns.map((turn) => {
    try {
      return turn()
    } catch (error) {
      return String(error)
    }
  })
  expect([thrown, done]).toEqual([[undefined, 'Error: broken', undefined], ['second']])
})

test('ends the microtasks of one task of the next turn before the next one begins', async () => {
  const clock = createSystemClock()
  const order: string[] = []
  await new Promise<void>((resolve) => {
    clock.nextTurn?.(() => {
      order.push('first')
      queueMicrotask(() => order.push('microtask of it'))
    })
    clock.nextTurn?.(() => {
      order.push('second')
      resolve()
    })
  })
  expect(order).toEqual(['first', 'microtask of it', 'second'])
})

test('tells when microtasks are done, those that they queue among them, where ticks come behind them', async () => {
  const clock = createSystemClock()
  const order: string[] = []
  await new Promise<void>((resolve) => {
    clock.nextTurn?.(() => {
      order.push('next turn')
      resolve()
    })
    clock.afterMicrotasks?.(() => order.push('told'))
    queueMicrotask(() => queueMicrotask(() => order.push('microtask')))
  })
  const isTold = !('Bun' in globalThis) && 'setImmediate' in globalThis
  expect(order).toEqual(isTold ? ['microtask', 'told', 'next turn'] : ['microtask', 'next turn'])
})

test('does not claim to know when microtasks are done where ticks come ahead of them', () => {
  vi.stubGlobal('process', { versions: { bun: '1.4.5' }, nextTick: () => {} })
  expect(createSystemClock()).not.toHaveProperty('afterMicrotasks')
})

test('what the end of a turn defers waits for another turn of the event loop', async () => {
  const turns: (() => void)[] = []
  const ticks: (() => void)[] = []
  vi.stubGlobal('setImmediate', (turn: () => void) => turns.push(turn))
  vi.stubGlobal('process', { nextTick: (task: () => void) => ticks.push(task) })
  const clock = createSystemClock()
  clock.defer(() => clock.defer(() => {}))
  await Promise.resolve()
  expect([ticks, turns]).toEqual([[expect.any(Function)], []])
  ticks.shift()?.()
  await Promise.resolve()
  expect([ticks, turns]).toEqual([[], [expect.any(Function)]])
})

test('on Deno, which may not have looked at its sockets between two turns, a timer makes sure of it once in a millisecond', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  const turns: (() => void)[] = []
  vi.stubGlobal('setImmediate', (turn: () => void) => turns.push(turn))
  vi.stubGlobal('Deno', {})
  const clock = createSystemClock()
  const done: string[] = []
  clock.nextTurn?.(() => done.push('behind a timer'))
  expect(turns).toEqual([])
  vi.advanceTimersByTime(0)
  expect(done).toEqual(['behind a timer'])
  clock.nextTurn?.(() => done.push('at once'))
  expect(turns).toHaveLength(2)
  for (const turn of turns) turn()
  vi.advanceTimersByTime(1)
  clock.nextTurn?.(() => done.push('behind another'))
  expect([done, turns.length]).toEqual([['behind a timer', 'at once'], 2])
  vi.advanceTimersByTime(0)
  expect(done).toHaveLength(3)
})

test('on Deno, several who ask for turn after turn keep nobody from that timer', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  let turns: (() => void)[] = []
  vi.stubGlobal('setImmediate', (turn: () => void) => turns.push(turn))
  vi.stubGlobal('Deno', {})
  const clock = createSystemClock()
  const askAgain = (): void => clock.nextTurn?.(askAgain)
  clock.nextTurn?.(() => {})
  vi.advanceTimersByTime(0)
  askAgain()
  askAgain()
  let turnsWithoutTimer = 0
  for (; turns.length > 0; turnsWithoutTimer++) {
    const due = turns
    turns = []
    vi.advanceTimersByTime(0.25)
    for (const turn of due) turn()
    expect(turnsWithoutTimer).toBeLessThan(10)
  }
  expect(vi.getTimerCount()).toBeGreaterThan(0)
})
