/** What inputs have reached so far, by how often each branch ran: once, twice, 3, 4 to 7, 8 to 15, … */
export class Coverage {
  readonly #counters: Uint8Array
  /** The same memory, four counters at once: most are zero. */
  readonly #words: Uint32Array
  /** By counter, a bit for each class of counts seen. */
  readonly #seen: Uint8Array

  constructor(counters: Uint8Array) {
    this.#counters = counters
    this.#words = new Uint32Array(counters.buffer, 0, counters.byteLength >> 2)
    this.#seen = new Uint8Array(counters.byteLength)
  }

  /** Before an input runs. */
  clear(): void {
    this.#counters.fill(0)
  }

  /** Branches that ran at least once. */
  get branches(): number {
    return this.#seen.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0)
  }

  get branchesInAll(): number {
    return this.#seen.byteLength
  }

  /** Adds what the input that just ran has reached, and says whether any of it is new. */
  add(): boolean {
    const words = this.#words
    let isNew = false
    for (let word = 0; word < words.length; word += 1) {
      if (words[word] !== 0 && this.#addFrom(word << 2, (word << 2) + 4)) isNew = true
    }
    return this.#addFrom(words.length << 2, this.#counters.byteLength) || isNew
  }

  /** The branches that the input that just ran has reached. */
  reached(): readonly number[] {
    const reached: number[] = []
    for (const [index, count] of this.#counters.entries()) if (count !== 0) reached.push(index)
    return reached
  }

  #addFrom(start: number, end: number): boolean {
    let isNew = false
    for (let index = start; index < end; index += 1) {
      const count = this.#counters[index]!
      if (count === 0) continue
      const bit = bitOf(count)
      if ((this.#seen[index]! & bit) !== 0) continue
      this.#seen[index]! |= bit
      isNew = true
    }
    return isNew
  }
}

function bitOf(count: number): number {
  if (count <= 3) return 1 << (count - 1)
  if (count < 8) return 8
  if (count < 16) return 16
  if (count < 32) return 32
  return count < 128 ? 64 : 128
}
