/** What inputs have reached so far, by how often each branch ran: once, twice, 3, 4 to 7, 8 to 15, … */
export class Coverage {
  readonly #counters: Uint8Array
  /** The same memory, eight counters at once: most are zero. */
  readonly #words: BigUint64Array
  /** By counter, a bit for each class of counts seen. */
  readonly #seen: Uint8Array

  constructor(counters: Uint8Array) {
    this.#counters = counters
    this.#words = new BigUint64Array(counters.buffer, 0, counters.byteLength >> 3)
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
    let isNew = false
    this.#visit((index, bit) => {
      if ((this.#seen[index]! & bit) !== 0) return
      this.#seen[index]! |= bit
      isNew = true
    })
    return isNew
  }

  /** What the input that just ran has reached, as numbers that tell counter and class. */
  features(): readonly number[] {
    const features: number[] = []
    this.#visit((index, bit) => void features.push(index * 256 + bit))
    return features
  }

  #visit(visit: (index: number, bit: number) => void): void {
    const words = this.#words
    for (let word = 0; word < words.length; word += 1) {
      if (words[word] !== 0n) this.#visitFrom(word << 3, (word << 3) + 8, visit)
    }
    this.#visitFrom(words.length << 3, this.#counters.byteLength, visit)
  }

  #visitFrom(start: number, end: number, visit: (index: number, bit: number) => void): void {
    for (let index = start; index < end; index += 1) {
      const count = this.#counters[index]!
      if (count !== 0) visit(index, bitOf(count))
    }
  }
}

function bitOf(count: number): number {
  if (count <= 3) return 1 << (count - 1)
  if (count < 8) return 8
  if (count < 16) return 16
  if (count < 32) return 32
  return count < 128 ? 64 : 128
}
