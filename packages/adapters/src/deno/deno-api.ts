/** The part of Deno's API that is used here, by shape: the rest of the program is compiled without its declarations. */

export interface DenoConnectionInfo {
  /** A pipe has no host name. */
  readonly remoteAddr: { readonly hostname?: string }
}

export interface DenoGlobal {
  upgradeWebSocket(
    request: Request,
    options: {
      /** Seconds; 0 for never. */
      readonly idleTimeout: number
    },
  ): { readonly socket: WebSocket; readonly response: Response }
}
