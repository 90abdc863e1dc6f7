/** What the clients of a fairness measurement are told to do: as `bench/harness/orders.ts`. */
export type Attack = 'flood' | 'streams' | 'hold' | 'work' | 'heavy' | 'heavy-at-once'

export interface LoadOrders {
  /** Leaves out of what is measured when the processor of the server stood still. */
  watch: { readonly give: { readonly processor: number }; readonly get: null }
  /** Calls of many connections, each the next one `everyMs` after the last, for so long. */
  load: {
    readonly give: { readonly forMs: number }
    readonly get: {
      readonly count: number
      readonly p50Ms: number
      readonly p99Ms: number
      /** Calls that are not counted, since this process, or the processor of the server, was held up meanwhile. */
      readonly leftOut: number
    }
  }
}

export interface AttackOrders {
  begin: { readonly give: { readonly attack: Attack }; readonly get: null }
  /** @returns how much it got done */
  end: { readonly give: object; readonly get: number }
}

export interface FairnessClientOptions {
  readonly url: string
  readonly connections: number
  readonly everyMs: number
}
