/** What the processes of a soak are told to do, and what they answer: as `bench/harness/orders.ts`. */
import type { ServerStats } from '@tautline/server'
import type { ServerKind } from '../../packages/adapters/conformance/capabilities.ts'
import type { Sabotage } from './sabotage.ts'

export interface SoakServerOptions {
  readonly kind: ServerKind
  readonly sabotages: readonly Sabotage[]
  /** How long a session waits for its client. */
  readonly windowMs: number
}

/** Of one process. */
interface ProcessSample {
  readonly rssBytes: number
  /** After garbage collection: on the heap, and what that holds outside. */
  readonly heapBytes: number
  readonly cpuUs: number
}

export interface ServerSample extends ProcessSample {
  readonly loopDelayP99Ms: number
  readonly stats: ServerStats
  /** What should not have come about: unhandled rejections, errors that no caller was told of. */
  readonly faults: readonly string[]
}

/** What is left in a server when all are gone. */
export interface Remains {
  readonly stats: ServerStats
  /** Timers, sockets and listeners by kind, where the runtime tells; and those before the first client came. */
  readonly resources: Readonly<Record<string, number>>
  readonly resourcesBefore: Readonly<Record<string, number>>
}

export interface SoakServerOrders {
  sample: { readonly give: { readonly collectGarbage: boolean }; readonly get: ServerSample }
  /** Waits until all is zero, or so long. */
  settle: { readonly give: { readonly withinMs: number }; readonly get: Remains }
  /** How often `tally` ran for each slot. */
  tallies: { readonly give: object; readonly get: readonly (readonly [slot: number, runs: number])[] }
  /** Resolves when nothing listens any more. */
  close: { readonly give: object; readonly get: null }
}

export interface SoakClientOptions {
  readonly url: string
  readonly clients: number
  readonly seed: number
  /** Clients of several processes differ in theirs. */
  readonly firstSlot: number
}

export interface ClientSample extends ProcessSample {
  /** How often each thing was done since the process began. */
  readonly counts: Readonly<Record<string, number>>
  readonly reconnects: number
  /** How many clients are in which state. */
  readonly states: Readonly<Record<string, number>>
  /** Invariants that were broken, the first of them. */
  readonly broken: readonly string[]
}

/** What the clients know of the calls that must not run twice. */
export interface Expectation {
  readonly slot: number
  readonly answered: number
  /** Whose outcome nobody knows. */
  readonly unknown: number
}

export interface SoakClientOrders {
  sample: { readonly give: { readonly collectGarbage: boolean }; readonly get: ClientSample }
  /** Lets everything under way come to its end, and closes all clients. */
  stop: { readonly give: object; readonly get: ClientSample & { readonly expectations: readonly Expectation[] } }
}
