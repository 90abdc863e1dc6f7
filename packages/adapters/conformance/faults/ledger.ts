import { isTautlineError } from '@tautline/core'

/** What came of a numbered line, once it is over. */
export interface Verdict {
  /** What no line may do, whatever happens to it: run twice, leave out, reorder, or stay silent about a loss. */
  readonly broken: readonly string[]
  /** What was lost and said so. */
  readonly losses: readonly string[]
}

/** All that should not be there, where sessions outlive whatever happens to their connections. */
export function faultsOf({ broken, losses }: Verdict): readonly string[] {
  return [...broken, ...losses]
}

export interface LedgerOptions {
  readonly streams: number
  readonly itemsPerStream: number
}

type CallEnd = 'answered' | 'unknown' | 'not-sent'

type EventsState =
  | { readonly type: 'whole' }
  /** The next event may have any higher number. */
  | { readonly type: 'gap-told' }
  /** Something is missing, and the word for it may come behind the event that shows it: both travel in one message. */
  | { readonly type: 'gap-seen'; readonly what: string }

interface StreamEntry {
  last: number
  state: 'open' | 'ended' | 'lost'
}

/** The books of one client: each call, item and event has a number, and each number is due once. */
export class Ledger {
  readonly #options: LedgerOptions
  readonly #broken: string[] = []
  readonly #losses: string[] = []
  readonly #calls = new Map<number, CallEnd | 'open'>()
  readonly #streams: StreamEntry[]
  #serial = 0
  #events: EventsState = { type: 'whole' }

  constructor(options: LedgerOptions) {
    this.#options = options
    this.#streams = Array.from({ length: options.streams }, () => ({ last: 0, state: 'open' }))
  }

  called(n: number): void {
    if (this.#calls.has(n)) throw new Error(`Expected call ${String(n)} to be made once`)
    this.#calls.set(n, 'open')
  }

  answered(n: number, answer: number): void {
    if (answer !== n) this.#broken.push(`call ${String(n)} was answered ${String(answer)}`)
    this.#settle(n, 'answered')
  }

  failed(n: number, error: unknown): void {
    if (!isTautlineError(error, 'CONNECTION_LOST') || error.outcome === undefined) {
      this.#broken.push(`call ${String(n)} failed with ${String(error)}`)
      this.#settle(n, 'unknown')
      return
    }
    this.#losses.push(`call ${String(n)}: ${error.outcome}`)
    this.#settle(n, error.outcome)
  }

  item(stream: number, n: number): void {
    const entry = this.#stream(stream)
    if (n !== entry.last + 1) {
      this.#broken.push(`stream ${String(stream)}: ${String(n)} came behind ${String(entry.last)}`)
    }
    entry.last = n
  }

  streamEnded(stream: number): void {
    const entry = this.#stream(stream)
    entry.state = 'ended'
    if (entry.last !== this.#options.itemsPerStream) {
      this.#broken.push(`stream ${String(stream)} ended behind ${String(entry.last)}`)
    }
  }

  streamFailed(stream: number, error: unknown): void {
    this.#stream(stream).state = 'lost'
    const entry = `stream ${String(stream)}: ${String(error)}`
    if (isTautlineError(error, 'GAP')) this.#losses.push(entry)
    else this.#broken.push(entry)
  }

  event(serial: number): void {
    const what = `event ${String(serial)} came behind ${String(this.#serial)}`
    const before = this.#events
    if (serial <= this.#serial) this.#broken.push(what)
    else if (serial === this.#serial + 1 || before.type === 'gap-told') {
      if (before.type === 'gap-told') this.#events = { type: 'whole' }
    } else {
      this.#denounceUntoldGap()
      this.#events = { type: 'gap-seen', what }
    }
    this.#serial = Math.max(this.#serial, serial)
  }

  eventGap(): void {
    this.#losses.push(`events behind ${String(this.#serial)}`)
    this.#events = { type: this.#events.type === 'gap-seen' ? 'whole' : 'gap-told' }
  }

  /** @param runs how often each call ran, by its number, as the server has counted */
  close(runs: readonly number[]): Verdict {
    for (const [n, end] of this.#calls) {
      const ran = runs[n] ?? 0
      if (!allowsRuns(end, ran)) this.#broken.push(`call ${String(n)} is ${end} and ran ${String(ran)} times`)
    }
    for (const [stream, { last, state }] of this.#streams.entries()) {
      if (state === 'open') this.#broken.push(`stream ${String(stream)} is open behind ${String(last)}`)
    }
    const events = runs.reduce((sum, ran) => sum + ran, 0)
    this.#denounceUntoldGap()
    if (this.#events.type === 'whole' && this.#serial !== events) {
      this.#broken.push(`events ended with ${String(this.#serial)} of ${String(events)}`)
    }
    return { broken: this.#broken, losses: this.#losses }
  }

  #denounceUntoldGap(): void {
    if (this.#events.type === 'gap-seen') this.#broken.push(this.#events.what)
  }

  #settle(n: number, end: CallEnd): void {
    const before = this.#calls.get(n)
    if (before !== 'open') this.#broken.push(`call ${String(n)} is ${end} after ${String(before)}`)
    this.#calls.set(n, end)
  }

  #stream(index: number): StreamEntry {
    const entry = this.#streams[index]
    if (entry === undefined)
      throw new Error(`Expected a stream below ${String(this.#streams.length)}, got ${String(index)}`)
    return entry
  }
}

function allowsRuns(end: CallEnd | 'open', ran: number): boolean {
  if (end === 'answered') return ran === 1
  return end === 'unknown' ? ran <= 1 : end === 'not-sent' && ran === 0
}
