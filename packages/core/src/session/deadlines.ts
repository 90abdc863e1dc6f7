/**
 * The moments at which requests run out of time, earliest first: a binary heap in which a cancelled deadline stays
 * until it comes up or until half of the heap is dead. Most calls share one timeout, so that adding is cheap.
 */
export class Deadlines {
  #heap: Deadline[] = []
  #cancelled = 0

  add(at: number, id: number): Deadline {
    const deadline: Deadline = { at, id, state: 'armed' }
    this.#heap.push(deadline)
    this.#rise(this.#heap.length - 1)
    return deadline
  }

  cancel(deadline: Deadline | undefined): void {
    if (deadline === undefined || deadline.state !== 'armed') return
    deadline.state = 'cancelled'
    this.#cancelled += 1
    if (this.#cancelled >= MIN_DEAD && this.#cancelled * 2 > this.#heap.length) this.#compact()
  }

  /** Entries in memory, the dead among them. */
  get size(): number {
    return this.#heap.length
  }

  next(): number | undefined {
    this.#dropCancelled()
    return this.#heap[0]?.at
  }

  /** Removes the earliest deadline if it has passed, and tells whose it was. */
  takeDue(now: number): number | undefined {
    this.#dropCancelled()
    const first = this.#heap[0]
    if (first === undefined || first.at > now) return undefined
    this.#removeFirst()
    first.state = 'passed'
    return first.id
  }

  clear(): void {
    this.#heap = []
    this.#cancelled = 0
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.state === 'cancelled') {
      this.#removeFirst()
      this.#cancelled -= 1
    }
  }

  #compact(): void {
    // Sorted is a valid heap, and the few equal timeouts leave it nearly sorted as it is.
    this.#heap = this.#heap.filter((deadline) => deadline.state === 'armed').sort((a, b) => a.at - b.at)
    this.#cancelled = 0
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #rise(index: number): void {
    for (let child = index; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.#swapIfLater(parent, child)) return
      child = parent
    }
  }

  #sink(index: number): void {
    for (let parent = index; ; ) {
      const left = parent * 2 + 1
      const right = left + 1
      const leftAt = this.#heap[left]?.at
      const rightAt = this.#heap[right]?.at
      if (leftAt === undefined) return
      const child = rightAt !== undefined && rightAt < leftAt ? right : left
      if (!this.#swapIfLater(parent, child)) return
      parent = child
    }
  }

  #swapIfLater(parent: number, child: number): boolean {
    const above = this.#heap[parent]
    const below = this.#heap[child]
    if (above === undefined || below === undefined || above.at <= below.at) return false
    this.#heap[parent] = below
    this.#heap[child] = above
    return true
  }
}

export interface Deadline {
  readonly at: number
  readonly id: number
  state: 'armed' | 'cancelled' | 'passed'
}

/** So many dead entries are cheaper than sorting. */
const MIN_DEAD = 64
