/** What was wrong, told once where it differs in numbers alone. Owns: which came first, and how many there were of each kind. */
export class FailureList {
  readonly #groups = new Map<string, { readonly first: string; count: number }>()

  add(failure: string): void {
    const kind = failure.replaceAll(/-?\d+/g, '#')
    const group = this.#groups.get(kind)
    if (group !== undefined) group.count += 1
    else if (this.#groups.size < MOST_KINDS) this.#groups.set(kind, { first: failure, count: 1 })
  }

  /** One of each kind. */
  list(): readonly string[] {
    return Array.from(this.#groups.values(), ({ first, count }) => {
      return count === 1 ? first : `${first} (and ${String(count - 1)} more)`
    })
  }
}

/** The first ones say what is wrong. */
const MOST_KINDS = 30

export const describeError = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)
