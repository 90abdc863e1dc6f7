/**
 * How a server ends: in good order, and in time.
 *
 * Owns: whom it waits for, and how long. Must not know: who else comes meanwhile. Normative text: PROTOCOL.md, "Closing".
 */
import type { Clock } from '@tautline/core/io'
import type { KeyedRuns } from '@tautline/core/peer'
import { CloseCode } from '@tautline/core/protocol'
import type { ChangeWatch } from './change-watch.ts'
import type { ConnectionCounts } from './connection-counts.ts'
import type { ConnectionRoster } from './connection-roster.ts'

/** Clients that are told to go spread over half of the drain, or this time, so that the next server is not stormed. */
const MAX_SPREAD_MS = 5000
/** What the last of them need to get there. */
const MOVE_MS = 1000

const REASON = 'The server goes away'

/** Of the server that ends. */
export interface DrainParts {
  readonly clock: Clock
  readonly roster: ConnectionRoster
  readonly sessions: { expireDetached(reason: string): void }
  readonly keyedRuns: KeyedRuns
  /** Of sockets: one may be there for longer than the session that it carried. */
  readonly counts: ConnectionCounts
  readonly changes: ChangeWatch
}

/** Resolves when nothing is left. */
export async function drain(parts: DrainParts, drainMs: number): Promise<void> {
  const { clock, roster, sessions, keyedRuns, counts, changes } = parts
  const spreadMs = Math.min(Math.floor(drainMs / 2), MAX_SPREAD_MS)
  const movedAt = clock.now() + Math.min(spreadMs + MOVE_MS, drainMs)
  // Their clients cannot come back to this server.
  sessions.expireDetached(REASON)
  for (const connection of roster.all) {
    connection.goAway({ why: 'shutdown', drainMs, delayMs: [0, spreadMs], to: undefined })
  }
  // Whoever is sent away before it had the time to go would come back at once, with all the others.
  const cancelLook = clock.schedule(movedAt, () => changes.changed())
  const hadTime = (): boolean => roster.all.size === 0 || clock.now() >= movedAt
  await changes.until(() => hadTime() && keyedRuns.unattended + roster.unfinished === 0, drainMs)
  cancelLook()
  keyedRuns.close()
  for (const connection of Array.from(roster.all)) connection.close(CloseCode.Unavailable, REASON, true)
  // Each connection sees to it that this does not take long.
  await changes.until(() => roster.all.size === 0 && counts.total === 0)
}
