import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Results, Row } from './results.ts'

/** In which pages tell of runtimes, whichever was measured first. */
const ORDER: readonly Row['runtime'][] = ['node', 'bun', 'deno']

/** Of the results in `folder`, if there are any. */
export function readResults(folder: string): Results | undefined {
  const file = join(folder, 'results.json')
  // Written by `writeReport`.
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined
}

/**
 * What was measured before, with the rows of each scenario and runtime that has been measured again in the place of the old
 * ones.
 *
 * @throws TypeError where the two cannot stand on one page: other machines, other builds, other versions
 */
export function updateResults(before: Results | undefined, now: Results): Results {
  if (before === undefined) return now
  const kept = before.rows.filter((row) => !now.rows.some((other) => isSamePlace(row, other)))
  if (kept.length === 0) return now
  const { runtimes: _, ...machineBefore } = before.machine
  const { runtimes, ...machine } = now.machine
  expectSame('machine', machineBefore, machine)
  expectSame('scale', before.scale, now.scale)
  expectSame('packages', before.packages, now.packages)
  for (const [name, version] of Object.entries(runtimes)) {
    const past = before.machine.runtimes[name as keyof typeof runtimes]
    if (past !== undefined) expectSame(name, past, version)
  }
  const past = before.subjects.filter(({ name }) => kept.some(({ subject }) => subject === name))
  for (const subject of now.subjects) {
    const other = past.find(({ name }) => name === subject.name)
    if (other !== undefined) expectSame(`versions of ${subject.name}`, other.versions, subject.versions)
  }
  return {
    ...now,
    machine: { ...machine, runtimes: { ...before.machine.runtimes, ...runtimes } },
    subjects: [...past.filter(({ name }) => now.subjects.every((subject) => subject.name !== name)), ...now.subjects],
    rows: [...kept, ...now.rows].toSorted((a, b) => ORDER.indexOf(a.runtime) - ORDER.indexOf(b.runtime)),
  }
}

const isSamePlace = (a: Row, b: Row): boolean => a.scenario === b.scenario && a.runtime === b.runtime

function expectSame(what: string, before: unknown, now: unknown): void {
  if (isDeepStrictEqual(before, now)) return
  throw new TypeError(
    `Expected \`--update\` to find the same ${what} in the results that are there (${JSON.stringify(before)}), got ${JSON.stringify(now)}: measure all of it again, or choose another \`--out\``,
  )
}
