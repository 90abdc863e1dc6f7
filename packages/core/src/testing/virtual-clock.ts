import type { Clock } from '../io/ports.ts'
import { createSystemClock } from '../io/system-clock.ts'

/** A clock that stands still until a test moves it. Starts at 0. */
export interface VirtualClock extends Required<Omit<Clock, 'afterMicrotasks'>> {
  /** Timers and deferred tasks that have not run: 0 when nothing is left over. */
  readonly pending: number
  /** Moves on by `ms`; everything due on the way runs, in order of time, without any microtask in between. */
  advance(ms: number): void
  /** As `advance`, but after each step promises settle and what they cause runs before time moves on. */
  advanceAsync(ms: number): Promise<void>
  /** Lets promises settle and runs what is due, until nothing more happens. Time stands still. */
  settle(): Promise<void>
  /**
   * For work that the platform does elsewhere, such as compressing on another thread: settles until `condition` holds.
   *
   * @throws when it does not hold after `maxTurns` turns of the event loop. @default 10,000
   */
  settleUntil(condition: () => boolean, maxTurns?: number): Promise<void>
}

export interface VirtualClockOptions {
  /**
   * Runs a task when all promises that can settle have done so.
   * @default one turn of the event loop later, on every runtime
   */
  readonly afterPromises?: ((task: () => void) => void) | undefined
}

export function createVirtualClock({ afterPromises }: VirtualClockOptions = {}): VirtualClock {
  const turns = createSystemClock()
  return new TaskClock(afterPromises ?? ((task) => turns.defer(task)))
}

interface Timer {
  readonly at: number
  readonly task: () => void
}

/** So many tasks at one moment are a loop. */
const MAX_TASKS_AT_ONCE = 1_000_000
const MAX_TURNS = 10_000

class TaskClock implements VirtualClock {
  readonly #afterPromises: (task: () => void) => void
  /** Latest first, so that the next one is popped. */
  readonly #timers: Timer[] = []
  readonly #deferred: (() => void)[] = []
  #now = 0

  constructor(afterPromises: (task: () => void) => void) {
    this.#afterPromises = afterPromises
  }

  now(): number {
    return this.#now
  }

  schedule(at: number, task: () => void): () => void {
    if (Number.isNaN(at)) throw new Error('Expected `at` to be a number, got NaN')
    const timer: Timer = { at: Math.max(at, this.#now), task }
    this.#timers.splice(this.#placeOf(timer), 0, timer)
    return () => {
      const index = this.#timers.indexOf(timer)
      if (index >= 0) this.#timers.splice(index, 1)
    }
  }

  defer(task: () => void): void {
    this.#deferred.push(task)
  }

  nextTurn(task: () => void): void {
    // Behind what is deferred in this turn, and what that defers.
    this.#deferred.push(() => {
      this.#deferred.push(task)
    })
  }

  get pending(): number {
    return this.#timers.length + this.#deferred.length
  }

  advance(ms: number): void {
    const target = this.#targetOf(ms)
    do this.#runAllDue()
    while (this.#step(target))
    this.#now = target
  }

  async advanceAsync(ms: number): Promise<void> {
    const target = this.#targetOf(ms)
    do await this.settle()
    while (this.#step(target))
    this.#now = target
  }

  async settle(): Promise<void> {
    do await this.#turn()
    while (this.#runTurn() > 0)
  }

  async settleUntil(condition: () => boolean, maxTurns = MAX_TURNS): Promise<void> {
    for (let turns = 0; !condition(); turns += 1) {
      if (turns === maxTurns) throw new Error(`Expected the condition to hold within ${maxTurns} turns`)
      await this.settle()
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#afterPromises(resolve)
    })
  }

  #targetOf(ms: number): number {
    if (!(ms >= 0)) throw new Error(`Expected \`ms\` to be a number >= 0, got \`${ms}\``)
    return this.#now + ms
  }

  /** Moves to the next timer up to `target`, if there is one. */
  #step(target: number): boolean {
    const next = this.#timers.at(-1)
    if (next === undefined || next.at > target) return false
    this.#now = next.at
    return true
  }

  #runAllDue(): void {
    for (let count = 0, ran = this.#runTurn(); ran > 0; ran = this.#runTurn()) {
      count += ran
      if (count > MAX_TASKS_AT_ONCE) throw new Error(`Expected time to move on, ran ${count} tasks at ${this.#now} ms`)
    }
  }

  /** Runs the timers that are due, then the tasks deferred up to here, and tells how many there were. */
  #runTurn(): number {
    let count = 0
    for (let timer = this.#timers.at(-1); timer !== undefined && timer.at <= this.#now; timer = this.#timers.at(-1)) {
      this.#timers.pop()
      timer.task()
      count += 1
      if (count > MAX_TASKS_AT_ONCE) break
    }
    for (let rest = this.#deferred.length; rest > 0; rest -= 1) {
      this.#deferred.shift()?.()
      count += 1
    }
    return count
  }

  /** In front of timers of the same moment, which were scheduled before and run before. */
  #placeOf(timer: Timer): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#timers[middle]
      if (other !== undefined && other.at > timer.at) low = middle + 1
      else high = middle
    }
    return low
  }
}
