import process from 'node:process'
import { countByName } from './count-by-name.ts'

/** What keeps the process busy at this moment, by kind. Bun 1.4 tells of nothing. */
export function openResources(): Readonly<Record<string, number>> {
  return countByName(process.getActiveResourcesInfo())
}

/** What there is more of than before. The pipes of stdin and stdout come and go with what is said. */
export function leftOver(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): readonly string[] {
  return Object.entries(after)
    .filter(([name, count]) => !name.startsWith('Pipe') && !name.startsWith('TTY') && count > (before[name] ?? 0))
    .map(([name, count]) => `${String(count)} of ${name}, where ${String(before[name] ?? 0)} were before`)
}
