import { describe, expect, test } from 'vitest'
import { createVirtualClock } from './virtual-clock.ts'

describe('a virtual clock', () => {
  test('runs timers in the order of their moments, and of scheduling at one moment', () => {
    const clock = createVirtualClock()
    const seen: string[] = []
    for (const [at, name] of [
      [20, 'late'],
      [10, 'first'],
      [10, 'second'],
      [30, 'never'],
    ] as const) {
      clock.schedule(at, () => seen.push(`${name}@${clock.now()}`))
    }
    clock.advance(20)
    expect(seen).toEqual(['first@10', 'second@10', 'late@20'])
    expect(clock.pending).toBe(1)
  })

  test('runs deferred tasks behind the timers of the moment, before time moves on', () => {
    const clock = createVirtualClock()
    const seen: string[] = []
    clock.defer(() => seen.push(`deferred@${clock.now()}`))
    clock.schedule(0, () => seen.push(`timer@${clock.now()}`))
    clock.schedule(5, () => seen.push(`timer@${clock.now()}`))
    clock.advance(5)
    expect(seen).toEqual(['timer@0', 'deferred@0', 'timer@5'])
  })

  test('runs what tasks cause at the same moment', () => {
    const clock = createVirtualClock()
    const seen: number[] = []
    clock.schedule(5, () => clock.defer(() => clock.schedule(clock.now(), () => seen.push(clock.now()))))
    clock.advance(5)
    expect(seen).toEqual([5])
  })

  test('does not run what was cancelled', () => {
    const clock = createVirtualClock()
    const cancel = clock.schedule(1, () => expect.unreachable())
    cancel()
    cancel()
    clock.advance(2)
    expect(clock.pending).toBe(0)
  })

  test('lets promises settle between moments when asked to', async () => {
    const clock = createVirtualClock()
    const seen: string[] = []
    const wait = (at: number): Promise<void> => new Promise((resolve) => void clock.schedule(at, resolve))
    const run = async (): Promise<void> => {
      await wait(10)
      seen.push(`a@${clock.now()}`)
      await wait(clock.now() + 10)
      seen.push(`b@${clock.now()}`)
    }
    const done = run()
    await clock.advanceAsync(25)
    await done
    expect(seen).toEqual(['a@10', 'b@20'])
    expect(clock.now()).toBe(25)
  })

  test('settles without moving', async () => {
    const clock = createVirtualClock()
    const seen: string[] = []
    void Promise.resolve().then(() => clock.defer(() => void Promise.resolve().then(() => seen.push('done'))))
    await clock.settle()
    expect(seen).toEqual(['done'])
    expect(clock.now()).toBe(0)
  })

  test('says when what it waits for does not come', async () => {
    const clock = createVirtualClock()
    await expect(clock.settleUntil(() => false, 3)).rejects.toThrow('within 3 turns')
  })

  test('stops a loop at one moment', () => {
    const clock = createVirtualClock()
    const again = (): void => clock.defer(again)
    again()
    expect(() => clock.advance(1)).toThrow('Expected time to move on')
  })

  test.each([-1, Number.NaN])('refuses to move by %s ms', (ms) => {
    expect(() => createVirtualClock().advance(ms)).toThrow('Expected `ms` to be a number >= 0')
  })

  test('lets promises settle as it is told to', async () => {
    let turns = 0
    const clock = createVirtualClock({
      afterPromises: (task) => {
        turns += 1
        void Promise.resolve().then(task)
      },
    })
    const seen: number[] = []
    clock.schedule(5, () => seen.push(clock.now()))
    await clock.advanceAsync(5)
    expect(seen).toEqual([5])
    expect(turns).toBeGreaterThan(0)
  })
})
