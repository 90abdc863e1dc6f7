/** What the clients of a fairness measurement are told to do: as `bench/harness/orders.ts`. */
export type Attack = 'flood' | 'streams' | 'heavy' | 'heavy-at-once'

export interface LoadOrders {
  /** Calls of many connections, each the next one `everyMs` after the last, for so long. */
  load: {
    readonly give: { readonly forMs: number }
    readonly get: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number }
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
