import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { FuzzInput } from './fuzz-target.ts'

/** Inputs that are kept, one a line: its steps in hex. */
export function readCorpus(file: string | URL): readonly FuzzInput[] {
  return existsSync(file) ? parseInputs(readFileSync(file, 'utf8')) : []
}

export function writeCorpus(file: string | URL, inputs: readonly FuzzInput[]): void {
  const lines = inputs.map(formatInput).toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))
  writeFileSync(file, `${lines.join('\n')}\n`)
}

export function parseInputs(text: string): readonly FuzzInput[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').map((step) => Uint8Array.from(Buffer.from(step.slice(1), 'hex'))))
}

/** A colon in front of each step: one without bytes is a step too. */
export function formatInput(input: FuzzInput): string {
  return input.map((step) => `:${Buffer.from(step).toString('hex')}`).join(' ')
}
