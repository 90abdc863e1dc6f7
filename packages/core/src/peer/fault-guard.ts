/** Who is told of a failure. */
export interface FaultListener {
  onFault(error: unknown): void
}

/**
 * Keeps failures where they belong: nothing that a callback throws may escape into a listener or timer of the platform, or keep
 * others from being told.
 */
export class FaultGuard {
  readonly #owner: FaultListener
  readonly #log: FaultListener

  /** @param owner ends what has failed */
  constructor(owner: FaultListener, log: FaultListener) {
    this.#owner = owner
    this.#log = log
  }

  /** Whatever the platform calls: a failure is this connection's end, and goes no further. */
  run(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#owner.onFault(error)
    }
  }

  /** Calls out where a failure is no reason to stop. */
  tell(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.report(error)
    }
  }

  report(error: unknown): void {
    try {
      this.#log.onFault(error)
    } catch {
      // The reporter itself fails: there is nobody left to tell.
    }
  }
}
