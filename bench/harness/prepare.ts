import { spawnSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const bench = resolve(import.meta.dirname, '..')
const root = resolve(bench, '..')

/** Installs the peers when their lock is newer than what is installed. */
export function installPeers(): void {
  const installed = join(bench, 'node_modules/.package-lock.json')
  const lock = join(bench, 'package-lock.json')
  if (!existsSync(lock) || (existsSync(installed) && modifiedAt(installed) >= modifiedAt(lock))) return
  run('Installing what is compared with', bench, ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
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
