/*
 * The headers of a request without the class `Headers`: Node loads that with all of its `fetch` when it is first looked at, which takes
 * 60 ms, and the first client of a server would wait for it.
 *
 * Owns: how headers are read until an application looks at them. Must not know: what they mean.
 */

/** Headers, to be read. `Headers` is one. */
export interface HeaderList extends Iterable<readonly [name: string, value: string]> {
  /** The values of that name, joined by `, `; `null` where there is none. The name may have letters of either case. */
  get(name: string): string | null
}

/** Headers out of a list of them. */
export class HeaderPairs implements HeaderList {
  readonly #values = new Map<string, string>()

  /** @param pairs names and values; those of one name are joined in their order */
  constructor(pairs: Iterable<readonly [name: string, value: string]>) {
    for (const [name, value] of pairs) {
      const key = name.toLowerCase()
      const before = this.#values.get(key)
      this.#values.set(key, before === undefined ? value : `${before}, ${value}`)
    }
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }

  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#values.entries()
  }
}

/** `headers` with one more, or with another value. */
export function withHeader(headers: HeaderList, name: string, value: string): HeaderList {
  return new HeaderPairs([...Array.from(headers).filter(([other]) => other !== name), [name, value]])
}
