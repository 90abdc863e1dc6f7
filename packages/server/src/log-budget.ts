/**
 * Lines that a flood of what they tell of cannot turn into a flood of lines.
 *
 * Owns: how many lines of each kind were written in the time at hand. Must not know: what they say.
 */
import type { Clock } from '@tautline/core/io'
import { type Log, type LogFields, SILENT_LOG } from './log.ts'

/** Of one kind, within the time. */
const MAX_LINES = { info: 1000, warn: 20 }
const WITHIN_MS = 60_000

type Level = keyof typeof MAX_LINES

export interface LogLine {
  readonly message: string
  readonly fields: LogFields
}

interface Window {
  readonly level: Level
  lines: number
  leftOut: number
  /** Cancels the end of the time, which is waited for only where something was left out. */
  cancel: (() => void) | undefined
  readonly end: number
}

export class LogBudget {
  readonly #log: Log
  readonly #clock: Clock
  readonly #windows = new Map<string, Window>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** @param kind what it is about, of which there must be a bounded number */
  warn(kind: string, line: () => LogLine): void {
    this.#write('warn', kind, line)
  }

  /** As `warn`. */
  info(kind: string, line: () => LogLine): void {
    this.#write('info', kind, line)
  }

  #write(level: Level, kind: string, line: () => LogLine): void {
    if (this.#log === SILENT_LOG) return
    const window = this.#windowOf(level, kind)
    if (window.lines < MAX_LINES[level]) {
      window.lines += 1
      const { message, fields } = line()
      this.#log[level](message, fields)
      return
    }
    window.leftOut += 1
    window.cancel ??= this.#clock.schedule(window.end, () => this.#end(kind, window))
  }

  /** Says what was left out until now. */
  close(): void {
    for (const [kind, window] of Array.from(this.#windows)) this.#end(kind, window)
  }

  #windowOf(level: Level, kind: string): Window {
    const before = this.#windows.get(kind)
    const now = this.#clock.now()
    if (before !== undefined && now < before.end) return before
    if (before !== undefined) this.#end(kind, before)
    const window: Window = { level, lines: 0, leftOut: 0, cancel: undefined, end: now + WITHIN_MS }
    this.#windows.set(kind, window)
    return window
  }

  #end(kind: string, { level, leftOut, cancel }: Window): void {
    cancel?.()
    this.#windows.delete(kind)
    if (leftOut === 0) return
    this.#log[level](`${kind}: ${leftOut} more within a minute`, { event: 'lines.left-out', kind, lines: leftOut })
  }
}
