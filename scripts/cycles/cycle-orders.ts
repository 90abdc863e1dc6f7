/** What the clients of a leak test are told to do: as `bench/harness/orders.ts`. */
import type { Usage } from '../../bench/harness/usage.ts'

export interface CycleCounts {
  /** Topics and streams that are asked for and left. */
  readonly subscribes: number
  /** Clients that connect, call once and close. */
  readonly connects: number
}

export interface CycleOrders {
  run: { readonly give: CycleCounts; readonly get: null }
  /** After garbage collection, with one idle client open. */
  usage: {
    readonly give: object
    readonly get: Usage & {
      /** Of the one signal that every subscription was given. */
      readonly abortListeners: number
      readonly inFlight: number
      readonly resources: Readonly<Record<string, number>>
    }
  }
  /** Closes the last client. */
  close: { readonly give: object; readonly get: Readonly<Record<string, number>> }
}
