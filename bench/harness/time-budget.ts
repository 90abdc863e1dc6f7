/** What of a scenario may still be begun. */
export interface ScenarioTime {
  /** Whether another subject may be made ready: about half of the time is for that, so that the rest is for rounds. */
  mayPrepare(): boolean
  /** Whether there may be another round, for those that have had one. */
  mayRepeat(): boolean
  /** Nothing at all may be begun any more, not even what every table needs. */
  isOver(): boolean
}

export interface TimeBudget {
  /** The time of the next scenario: an equal share of what is left. */
  next(scenariosLeft: number): ScenarioTime
}

const PREPARING_SHARE = 0.55

/** Divides the time of a run among its scenarios, so that each has some of it, however slow the machine is. */
export function createTimeBudget(totalMs: number, nowMs: () => number): TimeBudget {
  const endsAt = nowMs() + totalMs
  return {
    next(scenariosLeft) {
      const begunAt = nowMs()
      const shareMs = Math.max(0, endsAt - begunAt) / scenariosLeft
      return {
        mayPrepare: () => nowMs() < begunAt + shareMs * PREPARING_SHARE,
        mayRepeat: () => nowMs() < begunAt + shareMs,
        isOver: () => nowMs() >= endsAt,
      }
    },
  }
}
