import { readFileSync, writeFileSync } from 'node:fs'
import { capabilityTables } from './capabilities.ts'

const readme = new URL('../README.md', import.meta.url)
const block = /(<!-- capabilities: .* -->\n)[^]*(<!-- \/capabilities -->)/

/** The README as it is, and as it should be. */
export function readmeTables(): { readonly present: string; readonly wanted: string } {
  const present = readFileSync(readme, 'utf8')
  if (!block.test(present)) throw new Error('Expected README.md to have a place for the capability tables')
  return {
    present,
    wanted: present.replace(block, (_, open: string, end: string) => `${open}\n${capabilityTables()}\n\n${end}`),
  }
}

export function writeReadmeTables(): void {
  writeFileSync(readme, readmeTables().wanted)
}
