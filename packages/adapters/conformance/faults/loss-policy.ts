import type { Verdict } from './ledger.ts'

/**
 * Whether a cut connection costs nothing, as it does once sessions outlive their connections. Until then a lost
 * connection is a lost session: what was under way is lost, and says so.
 */
export const losesNothing = true as boolean

/** Everything in the books that should not be there. */
export function faultsOf({ broken, losses }: Verdict): readonly string[] {
  return losesNothing ? [...broken, ...losses] : broken
}
