import type { Socket } from 'node:net'
import type { TimerSet } from './timer-set.ts'

/** How bytes leave that may leave. */
export type Pace =
  | { readonly type: 'at-once' }
  /** In pieces of so many bytes, one in each turn of the event loop. */
  | { readonly type: 'split'; readonly pieceBytes: number }
  /** Held back until there are so many bytes, or none has come for `pauseMs`. */
  | { readonly type: 'merge'; readonly atLeastBytes: number; readonly pauseMs: number }
  | { readonly type: 'rate'; readonly bytesPerSecond: number }

/** A slow link hands over what has come this often; finer steps cost more timers and show nothing more. */
const RATE_STEP_MS = 10

/** Writes to a socket at a pace, and no faster than the socket takes it. */
export class PacedWriter {
  readonly #socket: Socket
  readonly #timers: TimerSet
  readonly #onDrain: () => void
  readonly #queue: Buffer[] = []
  #queuedBytes = 0
  #writingBytes = 0
  #pace: Pace = { type: 'at-once' }
  #state: 'ready' | 'waiting' | 'stopped' = 'ready'
  #cancelWait: (() => void) | undefined
  #onFlushed: (() => void) | undefined

  constructor(socket: Socket, timers: TimerSet, onDrain: () => void) {
    this.#socket = socket
    this.#timers = timers
    this.#onDrain = onDrain
  }

  /** Taken and not yet handed to the kernel. */
  get heldBytes(): number {
    return this.#queuedBytes + this.#writingBytes
  }

  setPace(pace: Pace): void {
    this.#pace = pace
    this.#stopWaiting()
    this.#pump()
  }

  write(bytes: Buffer): void {
    if (this.#state === 'stopped' || bytes.byteLength === 0) return
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.byteLength
    // A pause is counted from the last arrival.
    if (this.#pace.type === 'merge') this.#stopWaiting()
    this.#pump()
  }

  /** Runs `task` once everything taken so far is with the kernel. */
  whenFlushed(task: () => void): void {
    if (this.#state === 'stopped') return
    if (this.heldBytes === 0) task()
    else this.#onFlushed = task
  }

  /** What is held is forgotten. */
  stop(): void {
    this.#stopWaiting()
    this.#state = 'stopped'
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#onFlushed = undefined
  }

  #pump(): void {
    if (this.#state !== 'ready' || this.#queuedBytes === 0) return
    const pace = this.#pace
    switch (pace.type) {
      case 'at-once':
        this.#emit(this.#queuedBytes)
        return
      case 'split':
        this.#emit(pace.pieceBytes)
        this.#state = 'waiting'
        this.#cancelWait = this.#timers.nextTurn(() => {
          this.#waited()
        })
        return
      case 'merge':
        if (this.#queuedBytes >= pace.atLeastBytes) this.#emit(this.#queuedBytes)
        else
          this.#wait(pace.pauseMs, () => {
            this.#emit(this.#queuedBytes)
          })
        return
      case 'rate': {
        const bytesPerMs = pace.bytesPerSecond / 1000
        const stepMs = Math.max(RATE_STEP_MS, 1 / bytesPerMs)
        this.#wait(stepMs, () => {
          this.#emit(Math.floor(bytesPerMs * stepMs))
        })
      }
    }
  }

  #wait(delayMs: number, task: () => void): void {
    this.#state = 'waiting'
    this.#cancelWait = this.#timers.after(delayMs, () => {
      task()
      this.#waited()
    })
  }

  #waited(): void {
    this.#cancelWait = undefined
    if (this.#state !== 'waiting') return
    this.#state = 'ready'
    this.#pump()
  }

  #stopWaiting(): void {
    this.#cancelWait?.()
    this.#cancelWait = undefined
    if (this.#state === 'waiting') this.#state = 'ready'
  }

  #emit(byteLength: number): void {
    const bytes = this.#take(byteLength)
    if (bytes.byteLength === 0) return
    this.#writingBytes += bytes.byteLength
    this.#socket.write(bytes, () => {
      this.#writingBytes -= bytes.byteLength
      this.#written()
    })
  }

  #written(): void {
    if (this.#state === 'stopped') return
    this.#onDrain()
    if (this.heldBytes > 0) return
    const task = this.#onFlushed
    this.#onFlushed = undefined
    task?.()
  }

  #take(byteLength: number): Buffer {
    const all = this.#queue.length === 1 ? (this.#queue[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#queue)
    const taken = all.subarray(0, byteLength)
    const rest = all.subarray(taken.byteLength)
    this.#queue.length = 0
    if (rest.byteLength > 0) this.#queue.push(rest)
    this.#queuedBytes = rest.byteLength
    return taken
  }
}
