/**
 * Keeps failures where they belong: nothing that a callback throws may escape into a listener or timer of the platform, or keep
 * others from being told.
 */
export class FaultGuard {
  readonly #onFault: (error: unknown) => void
  readonly #report: (error: unknown) => void

  /**
   * @param onFault ends what has failed
   * @param report for the log
   */
  constructor(onFault: (error: unknown) => void, report: (error: unknown) => void) {
    this.#onFault = onFault
    this.#report = report
  }

  /** Whatever the platform calls: a failure is this connection's end, and goes no further. */
  run(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#onFault(error)
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
      this.#report(error)
    } catch {
      // The reporter itself fails: there is nobody left to tell.
    }
  }
}
