type State =
  /** The next event may be any: the first one, or one behind a gap that was told. */
  | { readonly type: 'anywhere' }
  | { readonly type: 'at'; readonly serial: number }
  /** Something is missing, and the word for it may come behind the event that shows it: both travel in one message. */
  | { readonly type: 'hole'; readonly serial: number; readonly what: string }

/** Watches the order of the events of one topic, whose serials count up by one. */
export class EventOrder {
  #state: State = { type: 'anywhere' }

  /** @returns what is wrong */
  event(serial: number): string | undefined {
    const before = this.#state
    if (before.type === 'anywhere') {
      this.#state = { type: 'at', serial }
      return undefined
    }
    const what = `event ${String(serial)} came behind ${String(before.serial)}`
    if (serial <= before.serial) return what
    const isNext = serial === before.serial + 1
    this.#state = isNext && before.type === 'at' ? { type: 'at', serial } : { type: 'hole', serial, what }
    if (before.type === 'at') return undefined
    if (isNext) this.#state = { type: 'at', serial }
    return `${before.what}, and nobody was told`
  }

  gap(): void {
    const before = this.#state
    // The event that shows it has come already.
    this.#state = before.type === 'hole' ? { type: 'at', serial: before.serial } : { type: 'anywhere' }
  }
}
