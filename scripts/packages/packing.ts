import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { surplusFiles } from './packed-files.ts'
import type { Verdicts } from './verdicts.ts'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

/** A package as npm would publish it. */
export interface Packed {
  readonly manifest: Manifest
  readonly tarball: string
  readonly files: readonly string[]
}

export function pack(folder: string, destination: string): Packed {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination]
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8' })) as [
    { filename: string; files: { path: string }[] },
  ]
  return { manifest, tarball: join(destination, packed.filename), files: packed.files.map((file) => file.path) }
}

export function checkPacked({ manifest, files, tarball }: Packed, verdicts: Verdicts): void {
  const targets = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry),
  )
  const missing = [...targets.map((target) => target.replace('./', '')), 'LICENSE', 'README.md'].filter(
    (file) => !files.includes(file),
  )
  const surplus = surplusFiles(files)
  if (missing.length > 0) verdicts.fail(`${manifest.name} would be published without ${missing.join(', ')}`)
  if (surplus.length > 0) verdicts.fail(`${manifest.name} would be published with ${surplus.join(', ')}`)

  const cwd = import.meta.dirname
  verdicts.run(`${manifest.name}: publint`, ['publint', '--strict', tarball], cwd)
  verdicts.run(`${manifest.name}: attw`, ['attw', tarball, '--profile', 'esm-only'], cwd)
}
