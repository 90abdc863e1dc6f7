import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { About } from '../subjects/subject.ts'
import type { MeasuredSubject } from './results.ts'

const bench = resolve(import.meta.dirname, '..')

/** In this order they are measured and listed; those that it does not name come last, by name. */
const FIRST = ['tautline', 'ws-msgpack', 'ws', 'ws-batched', 'platform-msgpack', 'deno-msgpack']

/** Every folder of `subjects` that says what it is about. */
export async function findSubjects(): Promise<readonly MeasuredSubject[]> {
  const files = globSync('subjects/*/about.ts', { cwd: bench })
  const subjects = await Promise.all(files.map(readSubject))
  return subjects.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}

async function readSubject(file: string): Promise<MeasuredSubject> {
  const { about } = (await import(join(bench, file))) as { readonly about: About }
  const folder = basename(dirname(file))
  if (about.name !== folder) throw new Error(`Expected \`about.name\` to be \`${folder}\`, got \`${about.name}\``)
  return { ...about, versions: versionsOf(about.packages) }
}

function rank({ name }: About): number {
  const index = FIRST.indexOf(name)
  return index === -1 ? FIRST.length : index
}

function versionsOf(packages: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(packages.map((name) => [name, versionOf(name) ?? 'not installed']))
}

/** Read from the file, which many packages do not export. */
function versionOf(name: string): string | undefined {
  const file = [bench, dirname(bench)]
    .map((folder) => join(folder, 'node_modules', name, 'package.json'))
    .find((path) => existsSync(path))
  if (file === undefined) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
}
