import type { Clock, Transport, TransportListener } from '../io/ports.ts'
import { type LaneMode, MemoryLane, type Parcel } from './memory-lane.ts'

export interface MemoryLinkOptions {
  readonly clock: Clock
  /** Of the next message. */
  readonly delayMs: () => number
  /** Both ends are closed. */
  readonly onGone: () => void
}

type Side = 'client' | 'server'

type End =
  /** Nobody listens yet, or the other end has not answered. */
  | { readonly type: 'opening'; readonly listener: TransportListener | undefined }
  | { readonly type: 'open'; readonly listener: TransportListener }
  /** It said goodbye and waits for the other's. */
  | { readonly type: 'closing'; readonly listener: TransportListener }
  | { readonly type: 'closed' }

/** One connection of a `MemoryNetwork`, with both of its ends and the faults a test may cause. */
export class MemoryLink {
  /** From client to server. */
  readonly up: MemoryLane
  /** From server to client. */
  readonly down: MemoryLane
  readonly clientEnd: Transport
  readonly serverEnd: Transport
  readonly #options: MemoryLinkOptions
  readonly #ends: Record<Side, End> = {
    client: { type: 'opening', listener: undefined },
    server: { type: 'opening', listener: undefined },
  }

  constructor(options: MemoryLinkOptions) {
    this.#options = options
    this.up = this.#laneTo('server', 'client')
    this.down = this.#laneTo('client', 'server')
    this.clientEnd = this.#transport('client', this.up)
    this.serverEnd = this.#transport('server', this.down)
  }

  /** Closed at both ends. */
  get gone(): boolean {
    return this.#ends.client.type === 'closed' && this.#ends.server.type === 'closed'
  }

  /** The client's listener is there; the connection is on its way. */
  attachClient(listener: TransportListener): void {
    this.#ends.client = { type: 'opening', listener }
  }

  /** The server takes the connection: its end is open at once, the client's when the answer arrives. */
  join(accept: () => TransportListener): void {
    if (this.#ends.server.type !== 'opening') return
    this.down.send({ type: 'open' })
    this.#ends.server = { type: 'open', listener: accept() }
  }

  /** Breaks the link: both ends see 1006, and nothing that is under way arrives. */
  cut(): void {
    this.#lose('client')
    this.#lose('server')
  }

  /** Messages of that direction vanish, and neither end is told: a half-open link. */
  silence(direction: 'up' | 'down' | 'both'): void {
    this.#setMode(direction, 'silent')
  }

  /** The reader of that direction reads no more: the sender's backlog grows. */
  pause(direction: 'up' | 'down' | 'both'): void {
    this.#setMode(direction, 'paused')
  }

  /** The reader reads again. What is silent stays so: its messages are lost. */
  resume(direction: 'up' | 'down' | 'both'): void {
    if (direction !== 'down' && this.up.mode === 'paused') this.up.setMode('flowing')
    if (direction !== 'up' && this.down.mode === 'paused') this.down.setMode('flowing')
  }

  #setMode(direction: 'up' | 'down' | 'both', mode: LaneMode): void {
    if (direction !== 'down') this.up.setMode(mode)
    if (direction !== 'up') this.down.setMode(mode)
  }

  #laneTo(receiver: Side, sender: Side): MemoryLane {
    const { clock, delayMs } = this.#options
    return new MemoryLane({
      clock,
      delayMs,
      deliver: (parcel) => this.#arrive(receiver, parcel),
      drained: () => {
        const end = this.#ends[sender]
        if (end.type === 'open') end.listener.onDrain()
      },
      broken: () => this.cut(),
    })
  }

  #transport(side: Side, lane: MemoryLane): Transport {
    return {
      kind: 'memory',
      compresses: false,
      get backlogBytes() {
        return lane.backlogBytes
      },
      send: (bytes) => {
        if (this.#ends[side].type === 'open') lane.send({ type: 'message', bytes })
      },
      close: (code, reason) => this.#close(side, lane, code, reason),
      abort: () => {
        if (this.#ends[side].type === 'closed') return
        this.#lose(side)
        lane.send({ type: 'close', code: GONE, reason: '' })
      },
    }
  }

  #close(side: Side, lane: MemoryLane, code: number, reason: string): void {
    const end = this.#ends[side]
    if (end.type === 'opening') this.cut()
    if (end.type !== 'open') return
    this.#ends[side] = { type: 'closing', listener: end.listener }
    lane.send({ type: 'close', code, reason })
  }

  #arrive(side: Side, parcel: Parcel): void {
    const end = this.#ends[side]
    if (end.type === 'closed' || end.listener === undefined) return
    if (parcel.type === 'open') {
      this.#ends[side] = { type: 'open', listener: end.listener }
      end.listener.onOpen()
    } else if (parcel.type === 'message') {
      end.listener.onMessage(amongForeignBytes(parcel.bytes))
    } else {
      this.#ends[side] = CLOSED
      if (end.type === 'open' && parcel.code !== GONE) this.#laneFrom(side).send(parcel)
      end.listener.onClose(parcel.code, parcel.reason)
      this.#noteGone()
    }
  }

  #lose(side: Side): void {
    const end = this.#ends[side]
    if (end.type === 'closed') return
    this.#ends[side] = CLOSED
    this.#laneFrom(side).clear()
    const { clock } = this.#options
    if (end.listener !== undefined) clock.schedule(clock.now(), () => end.listener?.onClose(GONE, ''))
    this.#noteGone()
  }

  #laneFrom(side: Side): MemoryLane {
    return side === 'client' ? this.up : this.down
  }

  #noteGone(): void {
    if (!this.gone) return
    // What is still on its way arrives nowhere.
    this.up.clear()
    this.down.clear()
    this.#options.onGone()
  }
}

/** Gone without a word. */
const GONE = 1006
const CLOSED: End = Object.freeze({ type: 'closed' })
const FOREIGN_BYTE = 0xc1

/** As `ws` hands messages out: a view of memory that holds more than the message. */
function amongForeignBytes(bytes: Uint8Array): Uint8Array {
  const margin = 16
  const shared = new Uint8Array(bytes.byteLength + 2 * margin).fill(FOREIGN_BYTE)
  shared.set(bytes, margin)
  return shared.subarray(margin, margin + bytes.byteLength)
}
