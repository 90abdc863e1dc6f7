import { TautlineError } from '../contract/error.ts'

interface Stoppable {
  stop(reason: TautlineError): void
}

/** Runs whose callers are cut off. Bounded for each principal: otherwise one could ask, hang up and ask again for ever. */
export class UnattendedRuns {
  readonly #byPrincipal = new Map<string, Set<Stoppable>>()
  #state: 'open' | 'closed' = 'open'

  get size(): number {
    let size = 0
    for (const runs of this.#byPrincipal.values()) size += runs.size
    return size
  }

  of(principal: string): number {
    return this.#byPrincipal.get(principal)?.size ?? 0
  }

  add(principal: string, run: Stoppable): void {
    const runs = this.#byPrincipal.get(principal) ?? new Set()
    this.#byPrincipal.set(principal, runs.add(run))
    if (this.#state === 'closed') run.stop(cutOff())
  }

  delete(principal: string, run: Stoppable): void {
    const runs = this.#byPrincipal.get(principal)
    runs?.delete(run)
    if (runs?.size === 0) this.#byPrincipal.delete(principal)
  }

  /** Stops all of them, and those that are still to come. */
  close(): void {
    this.#state = 'closed'
    // Each takes itself out when it is stopped, which does no harm to whoever walks over a Map or Set.
    for (const runs of this.#byPrincipal.values()) {
      for (const run of runs) run.stop(cutOff())
    }
  }
}

function cutOff(): TautlineError {
  return new TautlineError('CONNECTION_LOST')
}
