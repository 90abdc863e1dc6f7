import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Packed, pack } from '../packages/packing.ts'
import type { Verdicts } from '../packages/verdicts.ts'

const root = join(import.meta.dirname, '../..')
const workspaces = join(root, 'packages')

/** Builds and packs all packages from nothing, twice. What is in `destination` then is what anybody gets who does the same. */
export function packTwice(destination: string, verdicts: Verdicts): readonly Packed[] {
  const first = packAfresh(join(destination, 'first'), verdicts)
  const second = packAfresh(join(destination, 'second'), verdicts)
  const differing = first.filter(({ tarball }, index) => digest(tarball) !== digest(second[index]?.tarball ?? ''))
  if (differing.length > 0)
    verdicts.fail(`two builds differ in ${differing.map(({ manifest }) => manifest.name).join(', ')}`)
  else verdicts.ok('two builds give the same bytes')
  const kept = first.map(({ manifest, files, tarball }): Packed => {
    const place = join(destination, basename(tarball))
    cpSync(tarball, place)
    return { manifest, files, tarball: place }
  })
  const telling = folders().flatMap((folder) => filesBelow(join(folder, 'dist')).filter(tellsOfThisMachine))
  if (telling.length > 0) verdicts.fail(`paths of this machine in ${telling.join(', ')}`)
  else verdicts.ok('nothing that was built knows where')
  for (const name of ['first', 'second']) rmSync(join(destination, name), { recursive: true })
  return kept
}

export function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** What is left of earlier builds would be packed, too. */
function packAfresh(destination: string, verdicts: Verdicts): readonly Packed[] {
  for (const folder of folders()) rmSync(join(folder, 'dist'), { recursive: true, force: true })
  mkdirSync(destination, { recursive: true })
  if (!verdicts.run('build', ['npm', 'run', '--silent', 'build'], root)) return []
  return folders().map((folder) => pack(folder, destination))
}

const folders = (): readonly string[] => readdirSync(workspaces).map((name) => join(workspaces, name))

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    // Kept for the next build, and not packed.
    entry.isFile() && entry.name !== '.tsbuildinfo' ? [join(entry.parentPath, entry.name)] : [],
  )
}

const tellsOfThisMachine = (file: string): boolean => readFileSync(file).includes(root)
