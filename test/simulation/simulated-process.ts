/*
 * A process that may sleep, run its timers late, have its clock jump, or die. It stands between the virtual clock and the network
 * on one side and what runs in it on the other. Owns: what waits for it to be awake. Must not know: clients, servers.
 */
import type { Clock, Transport, TransportListener } from '@tautline/core/io'

/** How what has waited for a process that wakes up is run: in one turn of its event loop, or in one turn each. */
export type Wakening = 'at once' | 'one by one'

interface Timer {
  readonly task: () => void
  readonly cancel: () => void
}

type State = 'awake' | 'asleep' | 'waking' | 'dead'

export interface SimulatedProcessOptions {
  readonly world: Clock
  readonly name: string
  /** Runs behind every task: here what must hold at each step is looked at. */
  readonly afterTask: () => void
}

export class SimulatedProcess {
  readonly name: string
  readonly clock: Clock
  readonly #world: Clock
  readonly #afterTask: () => void
  readonly #timers = new Set<Timer>()
  #state: State = 'awake'
  #skewMs = 0
  #tickMs = 0
  #longestTickMs = 0
  /** Behind those that were due first come those that arrived, as a real event loop has it. */
  #due: (() => void)[] = []
  #arrived: (() => void)[] = []
  #excusedMs = 0

  constructor({ world, name, afterTask }: SimulatedProcessOptions) {
    this.name = name
    this.#world = world
    this.#afterTask = afterTask
    this.clock = {
      now: () => world.now() + this.#skewMs,
      schedule: (at, task) => this.#schedule(at, task),
      defer: (task) => world.defer(() => this.run(task)),
      nextTurn: (task) => world.nextTurn?.(() => this.run(task)),
    }
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.size
  }

  /** By so much altogether may its timers have been late so far, in ms. */
  get excusedMs(): number {
    return this.#excusedMs
  }

  /** By so much may a timer be late, in ms, though nothing more happens to this process. */
  get latenessMs(): number {
    // Those that were set before a jump, or while it was throttled, run when they would have; what is due may be left to them.
    return this.#longestTickMs + this.#skewMs
  }

  /** Now, or when it is awake again. */
  run(task: () => void): void {
    if (this.#state === 'asleep' || this.#state === 'waking') this.#arrived.push(task)
    else if (this.#state === 'awake') this.#runNow(task)
  }

  /** Nothing of it runs for so long; then all that was due. */
  sleep(ms: number, wakening: Wakening): void {
    if (this.#state !== 'awake') return
    this.#state = 'asleep'
    this.#excusedMs += ms
    this.#world.schedule(this.#world.now() + ms, () => {
      if (this.#state !== 'asleep') return
      this.#state = 'waking'
      if (wakening === 'at once') this.#drain()
      else this.#drainSlowly()
    })
  }

  /** As pages that nobody sees: timers run at multiples of so many ms. 0: no longer. */
  throttle(tickMs: number): void {
    this.#tickMs = tickMs
    this.#longestTickMs = Math.max(this.#longestTickMs, tickMs)
  }

  /** Its clock goes forward; timers run when they would have. */
  jump(ms: number): void {
    this.#skewMs += ms
  }

  /** Nothing of it runs any more, and nothing of it is told to anybody. */
  kill(): void {
    this.#state = 'dead'
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#due = []
    this.#arrived = []
  }

  /** What a transport tells somebody in this process. */
  listen(listener: TransportListener): TransportListener {
    return {
      onOpen: () => this.run(() => listener.onOpen()),
      onMessage: (message) => {
        // A view of memory that others may use again by the time that this process looks at it.
        const kept = this.#state === 'awake' ? message : message.slice()
        this.run(() => listener.onMessage(kept))
      },
      onDrain: () => this.run(() => listener.onDrain()),
      onClose: (code, reason) => this.run(() => listener.onClose(code, reason)),
    }
  }

  /** A transport as this process holds it: a dead one says nothing more. */
  transport(transport: Transport): Transport {
    const whenAlive = (task: () => void): void => {
      if (!this.isDead) task()
    }
    return {
      kind: transport.kind,
      compresses: transport.compresses,
      get backlogBytes() {
        return transport.backlogBytes
      },
      send: (message) => whenAlive(() => transport.send(message)),
      close: (code, reason) => whenAlive(() => transport.close(code, reason)),
      abort: () => whenAlive(() => transport.abort?.()),
    }
  }

  #schedule(at: number, task: () => void): () => void {
    const exactly = at - this.#skewMs
    const when =
      this.#tickMs === 0 ? exactly : Math.ceil(Math.max(exactly, this.#world.now()) / this.#tickMs) * this.#tickMs
    const timer: Timer = { task, cancel: this.#world.schedule(when, () => this.#fire(timer)) }
    if (!this.isDead) this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
      timer.cancel()
    }
  }

  #fire(timer: Timer): void {
    if (this.#state === 'asleep' || this.#state === 'waking') {
      this.#due.push(() => this.#fire(timer))
      return
    }
    // One that fired in its sleep may have been cancelled by another that ran before.
    if (this.#timers.delete(timer)) this.#runNow(timer.task)
  }

  #runNow(task: () => void): void {
    task()
    this.#afterTask()
  }

  #next(): (() => void) | undefined {
    return this.#due.shift() ?? this.#arrived.shift()
  }

  #drain(): void {
    this.#state = 'awake'
    for (let task = this.#next(); task !== undefined; task = this.#next()) this.#runNow(task)
  }

  #drainSlowly(): void {
    if (this.#state !== 'waking') return
    const task = this.#next()
    if (task === undefined) {
      this.#state = 'awake'
      return
    }
    this.#state = 'awake'
    this.#runNow(task)
    this.#state = this.isDead ? 'dead' : 'waking'
    this.#world.defer(() => this.#drainSlowly())
  }
}
