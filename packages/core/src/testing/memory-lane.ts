import type { Clock } from '../io/ports.ts'

/** What becomes of messages of one direction from now on. */
export type LaneMode =
  /** They arrive. */
  | 'flowing'
  /** They stay in the sender's backlog, as with a reader that does not read. */
  | 'paused'
  /** They vanish, and nobody is told: half of a half-open link. */
  | 'silent'

export interface LaneOptions {
  readonly clock: Clock
  readonly delayMs: () => number
  readonly deliver: (parcel: Parcel) => void
  readonly drained: () => void
  /** The lane broke in the middle of a message, as it was told to. */
  readonly broken: () => void
}

/** What travels: the answer that opens the link, messages, and the close frame behind the last one. */
export type Parcel =
  | { readonly type: 'open' }
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }

/** One direction of a link in memory. */
export class MemoryLane {
  readonly #options: LaneOptions
  #mode: LaneMode = 'flowing'
  #bytesPerMs = Number.POSITIVE_INFINITY
  #messagesLeft = Number.POSITIVE_INFINITY
  #bytesLeft = Number.POSITIVE_INFINITY
  #backlog: Parcel[] = []
  #backlogBytes = 0
  #cancelTransmission: (() => void) | undefined
  #lastArrival = 0
  readonly #inFlight = new Set<() => void>()
  #messages = 0
  #bytes = 0

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Messages accepted so far, whether or not they arrived. */
  get messages(): number {
    return this.#messages
  }

  get bytes(): number {
    return this.#bytes
  }

  get backlogBytes(): number {
    return this.#backlogBytes
  }

  get mode(): LaneMode {
    return this.#mode
  }

  setMode(mode: LaneMode): void {
    this.#mode = mode
    if (mode === 'silent') this.clear()
    if (mode === 'flowing') this.#pumpLate()
  }

  /** Makes the line slow: a message takes its length divided by this, on top of the latency. */
  setBandwidth(bytesPerMs: number): void {
    this.#bytesPerMs = bytesPerMs
  }

  /** The link breaks instead of carrying the message after so many more. */
  breakAfterMessages(messages: number): void {
    this.#messagesLeft = messages
  }

  /** The link breaks within the message that would pass so many more bytes. */
  breakAfterBytes(bytes: number): void {
    this.#bytesLeft = bytes
  }

  send(parcel: Parcel): void {
    if (parcel.type === 'message') {
      this.#messages += 1
      this.#bytes += parcel.bytes.byteLength
      this.#messagesLeft -= 1
      this.#bytesLeft -= parcel.bytes.byteLength
      if (this.#messagesLeft < 0 || this.#bytesLeft < 0) {
        this.#options.broken()
        return
      }
    }
    if (this.#mode === 'silent') return
    this.#backlog.push(parcel)
    this.#backlogBytes += lengthOf(parcel)
    this.#pump()
  }

  /** Forgets whatever has not arrived. */
  clear(): void {
    this.#cancelTransmission?.()
    this.#cancelTransmission = undefined
    for (const cancel of this.#inFlight) cancel()
    this.#inFlight.clear()
    this.#backlog = []
    this.#backlogBytes = 0
  }

  #pumpLate(): void {
    const before = this.#backlogBytes
    this.#pump()
    if (before > 0 && this.#backlogBytes === 0) this.#options.drained()
  }

  /** Hands parcels to the line, one after the other. */
  #pump(): void {
    const { clock } = this.#options
    while (this.#mode === 'flowing' && this.#cancelTransmission === undefined) {
      const [parcel] = this.#backlog
      if (parcel === undefined) return
      const takesMs = lengthOf(parcel) / this.#bytesPerMs
      if (takesMs === 0) {
        this.#depart(parcel)
        continue
      }
      this.#cancelTransmission = clock.schedule(clock.now() + takesMs, () => {
        this.#cancelTransmission = undefined
        this.#depart(parcel)
        this.#pump()
        if (this.#backlogBytes === 0) this.#options.drained()
      })
    }
  }

  #depart(parcel: Parcel): void {
    const { clock, delayMs, deliver } = this.#options
    this.#backlog.shift()
    this.#backlogBytes -= lengthOf(parcel)
    this.#lastArrival = Math.max(this.#lastArrival, clock.now() + delayMs())
    const cancel = clock.schedule(this.#lastArrival, () => {
      this.#inFlight.delete(cancel)
      deliver(parcel)
    })
    this.#inFlight.add(cancel)
  }
}

function lengthOf(parcel: Parcel): number {
  return parcel.type === 'message' ? parcel.bytes.byteLength : 0
}
