/** What everything in a schedule shares. */
import type { Random } from '@tautline/core/io'
import type { VirtualClock } from '@tautline/core/testing'
import type { Desk } from './desk.ts'
import type { Doorkeeper } from './handlers.ts'
import type { Referee } from './referee.ts'
import type { Setup } from './schedule.ts'
import type { SessionBook } from './session-book.ts'

export interface World {
  readonly setup: Setup
  readonly clock: VirtualClock
  readonly random: Random
  readonly referee: Referee
  readonly desk: Desk
  readonly book: SessionBook
  readonly door: Doorkeeper
  /** Runs behind every task of every process. */
  readonly afterTask: () => void
}
