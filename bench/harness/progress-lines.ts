import type { WriteStream } from 'node:tty'
import type { Progress } from './run-scenario.ts'

/** What of a stream is used. */
export type ProgressOutput = Pick<WriteStream, 'isTTY' | 'write'> & { readonly columns?: number }

export interface ProgressLines {
  readonly show: (progress: Progress) => void
  /** Leaves the place to other output. */
  readonly clear: () => void
}

const CLEAR = '\r\u001B[2K'

/** On a terminal one line that changes; elsewhere a line per scenario and one per turn of the subjects. */
export function createProgressLines(output: ProgressOutput, total: number): ProgressLines {
  let begun: string[] = []
  let last = ''

  function show(progress: Progress): void {
    const { scenario, runtime, subject, doing } = progress
    const key = `${scenario.name} on ${runtime}`
    if (!begun.includes(key)) begun = [...begun, key]
    const place = `[${String(begun.length)}/${String(total)}] ${key}`
    const turn = doing === 'warming up' ? 'warming up' : `round ${String(doing.round)} of ${String(doing.of)}`
    if (output.isTTY) {
      output.write(`${CLEAR}${`${place}: ${turn}, ${subject}`.slice(0, (output.columns ?? 80) - 1)}`)
      return
    }
    const line = `${place}: ${turn}`
    if (line !== last) output.write(`${line}\n`)
    last = line
  }

  return {
    show,
    clear: () => {
      if (output.isTTY) output.write(CLEAR)
    },
  }
}
