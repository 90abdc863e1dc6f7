/** What a client's line is doing. A new object at each change, so that it can be compared by identity. */
export interface ClientStatus {
  /**
   * `idle`: nothing asked for a connection yet (`lazy`). `connecting`: the first one is being made. `connected`: calls go
   * through. `reconnecting`: it was lost, or never made; another attempt is under way or waits. `offline`: the platform says
   * that there is no network; goes on when there is. `suspended`: gave up for `reason`; `$.reconnect()` begins again.
   * `closed`: by `$.close()`, for good.
   */
  readonly state: ClientState
  /** Why it is so. */
  readonly reason: string
  /**
   * Close code of the failure that led here, such as 4401 where the server refused the credentials. None while connected,
   * nor after `$.reconnect()` and `$.close()`.
   */
  readonly code?: number | undefined
  /** Attempts since the line was last stable; 0 before the first. */
  readonly attempt: number
  /** When the next attempt begins, in ms of the client's clock (`performance.now()`), where one waits. */
  readonly nextAttemptAt: number | undefined
  /**
   * How this connection began, where it is `connected`: `true` went on with the session there was, so that nothing was lost;
   * `false` had to begin a new one, and what was under way in the old one has met a lost connection; `undefined` for the
   * first one, and for one to which a server has handed over without a loss.
   */
  readonly resumed?: boolean | undefined
  /** The carrier in use or in the making: `"websocket"`, `"long-poll"`. */
  readonly transport: string | undefined
  /** Since when, in ms of the client's clock. */
  readonly since: number
}

export type ClientState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'suspended' | 'closed'
