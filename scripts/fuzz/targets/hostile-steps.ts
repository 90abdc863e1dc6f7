// A peer of a server that does what the steps of an input say, and what must be left of it.
import type { FuzzInput } from '../fuzz-target.ts'
import { checkServed, type Served } from './served-api.ts'

export interface HostilePeer {
  step(kind: number, argument: number, bytes: Uint8Array): void
  leave(): void
}

export interface HostileSteps {
  readonly peer: HostilePeer
  /** The first byte of a step chooses one of so many; the second is its argument. */
  readonly kinds: number
  /** How long the server has for whatever still has a deadline. */
  readonly restMs: number
}

/** Plays the steps one by one, lets the peer leave and the server come to rest, and checks it all the time. */
export async function playSteps(
  served: Served,
  input: FuzzInput,
  { peer, kinds, restMs }: HostileSteps,
): Promise<void> {
  for (const step of input) {
    const [kind = 0, argument = 0] = step
    peer.step(kind % kinds, argument, step.subarray(2))
    await served.clock.settle()
    checkServed(served)
  }
  peer.leave()
  await served.clock.advanceAsync(restMs)
  checkServed(served)
}

/** @param others counts of what stands between the peer and the server */
export function expectNothingLeft({ server, clock }: Served, others: object = {}): void {
  const { limited: _, ...stats } = server.stats()
  const left = Object.entries({ ...stats, ...others, timers: clock.pending }).filter(([, n]) => n !== 0)
  if (left.length > 0) throw new Error(`Expected nothing to be left, got ${JSON.stringify(Object.fromEntries(left))}`)
}
