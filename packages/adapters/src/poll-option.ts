import { createLongPoll, type LongPoll, type LongPollOptions, type SocketAcceptor } from '@tautline/server'

/** Of every way to serve. */
export interface LongPollOption {
  /**
   * Long poll on the path of the upgrades, for clients whose network lets no WebSocket pass; `false` answers none. Its
   * requests never reach `fetch` or the application.
   * @default on
   */
  readonly longPoll?: false | LongPollOptions
}

export function longPollOf(server: SocketAcceptor, { longPoll }: LongPollOption): LongPoll | undefined {
  return longPoll === false ? undefined : createLongPoll(server, longPoll)
}
