import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export interface CheckCost {
  readonly instantiations: number
  /** What the compiler says that checking took. */
  readonly checkMs: number
  /** From the start of its process to the end. */
  readonly wallMs: number
}

const root = resolve(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/.bin/tsc')

/** A folder below the `node_modules` of another, where packages resolve and nothing else looks. It goes with this process. */
export function createSourceFolder(below: string): string {
  const cache = join(below, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'source-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

export interface SourceOptions {
  /** Whether the product's packages are read from their sources, or as they are published. */
  readonly packages: 'source' | 'built'
}

/** Writes `tsconfig.json` for files of the folder, with the settings of this repository. Gives its path. */
export function writeConfig(folder: string, files: readonly string[], { packages }: SourceOptions): string {
  const path = join(folder, 'tsconfig.json')
  const conditions = packages === 'source' ? {} : { customConditions: [] }
  const compilerOptions = { types: [], noUnusedLocals: false, ...conditions }
  writeFileSync(path, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }))
  return path
}

/** What these files cost the compiler together, by name. Throws where they do not compile. */
export function checkSource(
  folder: string,
  sources: Readonly<Record<string, string>>,
  options: SourceOptions,
): CheckCost {
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, name), source)
  const config = writeConfig(folder, Object.keys(sources), options)
  const startedAt = performance.now()
  // One checker: with several the count depends on how the files are divided among them.
  const { status, stdout } = spawnSync(tsc, ['-p', config, '--singleThreaded', '--extendedDiagnostics'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const wallMs = performance.now() - startedAt
  if (status !== 0) throw new Error(`Expected generated sources to compile, got: ${stdout.slice(0, 4000)}`)
  return { ...readDiagnostics(stdout), wallMs }
}

/** From what `--extendedDiagnostics` prints. */
export const readDiagnostics = (printed: string): Pick<CheckCost, 'checkMs' | 'instantiations'> => ({
  instantiations: Number(/^Instantiations:\s+(\d+)/m.exec(printed)?.[1] ?? Number.NaN),
  checkMs: Number(/^Check time:\s+([\d.]+)s/m.exec(printed)?.[1] ?? Number.NaN) * 1000,
})
