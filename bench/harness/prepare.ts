import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const bench = resolve(import.meta.dirname, '..')
const root = resolve(bench, '..')

/** Installs the peers where those of another lock are installed, or none. */
export function installPeers(): void {
  const lock = join(bench, 'package-lock.json')
  if (!existsSync(lock)) return
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex')
  const stamp = join(bench, 'node_modules/.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  run('Installing what is compared with', bench, ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

/** Builds the product's packages when a source is newer: what users get is measured. */
export function buildPackages(): void {
  const sources = globSync('packages/*/src/**/*.ts', { cwd: root })
  const built = globSync('packages/*/dist/**/*.js', { cwd: root })
  const packages = globSync('packages/*/tsup.config.ts', { cwd: root })
  const newest = Math.max(...sources.map((file) => modifiedAt(join(root, file))))
  const oldest = Math.min(...built.map((file) => modifiedAt(join(root, file))))
  const isComplete = packages.every((file) => existsSync(join(root, file, '../dist')))
  if (isComplete && oldest >= newest) return
  run('Building the packages', root, ['run', '--silent', 'build'])
}

const modifiedAt = (file: string): number => statSync(file).mtimeMs

function run(what: string, cwd: string, args: readonly string[]): void {
  console.error(`${what}: npm ${args.join(' ')}`)
  // stdout is for results.
  const { status, error } = spawnSync('npm', args, { cwd, stdio: ['ignore', 2, 2] })
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(`Expected \`npm ${args.join(' ')}\` in ${cwd} to succeed, got exit code ${String(status)}`)
}
