import type { ClientStatus } from './client-status.ts'

/** The latest status and who is told of the next. */
export class StatusStore {
  readonly #report: (error: unknown) => void
  readonly #listeners = new Set<{ readonly tell: (status: ClientStatus) => void }>()
  #current: ClientStatus

  constructor(first: ClientStatus, report: (error: unknown) => void) {
    this.#current = first
    this.#report = report
  }

  get current(): ClientStatus {
    return this.#current
  }

  set(next: ClientStatus): void {
    this.#current = next
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener.tell(next)
      } catch (error) {
        this.#report(error)
      }
    }
  }

  /** The same function twice is told twice. */
  subscribe(tell: (status: ClientStatus) => void): () => void {
    const listener = { tell }
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
