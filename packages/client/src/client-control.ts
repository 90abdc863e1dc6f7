import type { ClientStatus } from './client-status.ts'

/** The line itself, as `client.$`. */
export interface ClientControl {
  readonly status: ClientStatus
  /** Calls `listener` at every change, not for what is so already. Returns what ends it. */
  onStatus(listener: (status: ClientStatus) => void): () => void
  /**
   * Connects now: cancels a wait, begins again after giving up, and replaces a connection that exists (its unfinished
   * calls meet a lost connection). Throws `CLIENT_CLOSED` after `close()`.
   */
  reconnect(): void
  /**
   * Resolves when calls go through, at once if they do already. Connects a `lazy` client. Rejects with the reason when
   * the client gives up or is closed.
   */
  connected(): Promise<void>
  /**
   * Asks `auth` again and hands the answer to the server over the connection that exists: streams and listeners go on.
   * Without a connection there is nothing to do: the next one asks anyway. Rejects with what `auth` throws. A server
   * that refuses the credentials closes the connection.
   */
  refreshAuth(): Promise<void>
  /** Ends everything: what is under way fails with `CLIENT_CLOSED`. Resolves when the transport is closed. */
  close(): Promise<void>
  stats(): ClientStats
}

/** Counts of this client, over all its connections unless said otherwise. */
export interface ClientStats {
  /** The latest measured round trip of this connection, in ms. */
  readonly roundTripMs: number | undefined
  readonly sent: Traffic
  readonly received: Traffic
  /** Connections made after the first one. */
  readonly reconnects: number
  /** Calls, streams and topics that are not settled. */
  readonly inFlight: number
  /** Those of them that wait for a connection. */
  readonly queued: number
}

export interface Traffic {
  readonly messages: number
  /** As they were on the wire. */
  readonly wireBytes: number
  /** The same bodies before compression. */
  readonly bodyBytes: number
}
