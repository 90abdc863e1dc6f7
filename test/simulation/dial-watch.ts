/** I8: how often a client dials, over any stretch of time. */
import type { Clock } from '@tautline/core/io'
import type { Referee } from './referee.ts'

const STRETCH_MS = 10_000
/** With full jitter a few attempts may come close together; by the tenth the pauses are long. */
const MOST_SHORT_PAUSES = 16
/** Of pauses that have become as long as they get, and are drawn from zero on. */
const MOST_PER_PAUSE = 3

export class DialWatch {
  readonly #clock: Clock
  readonly #referee: Referee
  readonly #who: string
  readonly #most: number
  #dials: number[] = []
  #excused = 0

  constructor(
    clock: Clock,
    referee: Referee,
    { who, maxPauseMs }: { readonly who: string; readonly maxPauseMs: number },
  ) {
    this.#clock = clock
    this.#referee = referee
    this.#who = who
    this.#most = MOST_SHORT_PAUSES + (MOST_PER_PAUSE * STRETCH_MS) / maxPauseMs
  }

  dialled(): void {
    const now = this.#clock.now()
    this.#dials = this.#dials.filter((at) => at > now - STRETCH_MS)
    this.#dials.push(now)
    const most = this.#most + this.#excused
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
