/** I8: how often a client dials, over any stretch of time. */
import type { Clock } from '@tautline/core/io'
import type { Referee } from './referee.ts'

const STRETCH_MS = 10_000
/** With full jitter a few attempts may come close together; by the tenth the pauses are long. */
const MOST_DIALS = 16

export class DialWatch {
  readonly #clock: Clock
  readonly #referee: Referee
  readonly #who: string
  #dials: number[] = []
  #excused = 0

  constructor(clock: Clock, referee: Referee, who: string) {
    this.#clock = clock
    this.#referee = referee
    this.#who = who
  }

  dialled(): void {
    const now = this.#clock.now()
    this.#dials = this.#dials.filter((at) => at > now - STRETCH_MS)
    this.#dials.push(now)
    const most = MOST_DIALS + this.#excused
    if (this.#dials.length > most) {
      this.#referee.accuse(
        'I8',
        `${this.#who} dialled ${this.#dials.length} times in ${STRETCH_MS} ms, expected ${most} at most`,
      )
    }
  }

  /** By hand, or by a signal of the platform: that does not wait, and its pauses begin anew. */
  excuse(): void {
    this.#excused += 4
  }
}
