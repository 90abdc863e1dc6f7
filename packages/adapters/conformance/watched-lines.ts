import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface WatchedLines {
  /** Resolves with the next line that holds the text. Rejects, with all there was, when the process ends before. */
  next(text: string): Promise<string>
}

/** What a process says of itself, to wait for. */
export function watchLines(name: string, stream: Readable, exited: Promise<unknown>): WatchedLines {
  const lines: string[] = []
  const waiting = new Map<string, (line: string) => void>()
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line)
    for (const [text, found] of waiting) {
      if (!line.includes(text)) continue
      waiting.delete(text)
      found(line)
    }
  })
  return {
    next: (text) =>
      new Promise((resolve, reject) => {
        waiting.set(text, resolve)
        void exited.then(() => {
          reject(new Error(`${name} ended before it said "${text}":\n${lines.join('\n')}`))
        })
      }),
  }
}
