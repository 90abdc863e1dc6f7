/**
 * Values by id, where ids grow and most are soon done with.
 *
 * A `Map` with so much coming and going makes itself a new table every few dozen ids, and in V8 an old table points to the
 * next: once one of them has reached the old generation, all that follow survive minor collections with everything they
 * hold. Places in an array, by the lowest bits of the id, have no such history: with 64 calls in flight a minor collection took
 * 9 ms with maps and takes 1 ms, and both ends of a call together cost 10 instead of 14 microseconds (Node 24). What finds its place taken by one that
 * stays, such as a stream, is kept aside.
 */
export class IdTable<T> {
  /** Both empty until the first value, and of one place with the first: most connections are idle. Never written to while empty. */
  #ids: number[] = NO_IDS
  #values: (T | undefined)[] = NO_VALUES
  #aside: Map<number, T> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get(id: number): T | undefined {
    const place = this.#placeOf(id)
    return this.#ids[place] === id ? this.#values[place] : this.#aside?.get(id)
  }

  has(id: number): boolean {
    return this.#ids[this.#placeOf(id)] === id || this.#aside?.has(id) === true
  }

  /** @param id one that is not in the table */
  add(id: number, value: T): void {
    this.#size += 1
    let place = this.#placeOf(id)
    while (this.#ids[place] !== FREE && this.#ids.length < MOST_PLACES) {
      this.#grow()
      place = this.#placeOf(id)
    }
    if (this.#ids[place] === FREE) {
      this.#ids[place] = id
      this.#values[place] = value
      return
    }
    this.#aside ??= new Map()
    this.#aside.set(id, value)
  }

  /** @returns whether it was there */
  delete(id: number): boolean {
    const place = this.#placeOf(id)
    if (this.#ids[place] === id) {
      this.#ids[place] = FREE
      this.#values[place] = undefined
    } else if (this.#aside?.delete(id) !== true) return false
    this.#size -= 1
    return true
  }

  clear(): void {
    this.#ids = NO_IDS
    this.#values = NO_VALUES
    this.#aside = undefined
    this.#size = 0
  }

  /** As they are now, by rising ids. */
  entries(): (readonly [id: number, value: T])[] {
    const found: (readonly [number, T])[] = [...(this.#aside ?? [])]
    this.#ids.forEach((id, place) => {
      // A place with an id has a value.
      if (id !== FREE) found.push([id, this.#values[place] as T])
    })
    return found.sort(([a], [b]) => a - b)
  }

  /** Ids of one end are all odd or all even. */
  #placeOf(id: number): number {
    return (id >>> 1) & (this.#ids.length - 1)
  }

  #grow(): void {
    const ids = this.#ids
    const values = this.#values
    // Lists that are pushed to have room for 16 more than they need.
    this.#ids = ids.length === 0 ? [FREE] : ids.concat(ids).fill(FREE)
    this.#values = ids.length === 0 ? [undefined] : values.concat(values).fill(undefined)
    ids.forEach((id, place) => {
      if (id === FREE) return
      this.#ids[this.#placeOf(id)] = id
      this.#values[this.#placeOf(id)] = values[place]
    })
  }
}

/** As many as a connection has calls in flight by default; what would need more shares them with a `Map`. */
const MOST_PLACES = 512
const FREE = -1
const NO_IDS: number[] = []
const NO_VALUES: undefined[] = []
