/** How many connections there are, in all and from each address. */
export class ConnectionCounts {
  readonly #byAddress = new Map<string, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  /** 0 where the address is not known: nobody is held to account for others. */
  of(address: string | undefined): number {
    return address === undefined ? 0 : (this.#byAddress.get(address) ?? 0)
  }

  add(address: string | undefined): void {
    this.#total++
    if (address !== undefined) this.#byAddress.set(address, this.of(address) + 1)
  }

  /** One that was added. */
  remove(address: string | undefined): void {
    this.#total--
    if (address !== undefined) this.#takeFrom(address)
  }

  #takeFrom(address: string): void {
    const left = this.of(address) - 1
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }
}
