// The project of a stranger: an empty folder outside of the repository, and what `npm install` puts there.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeBlocks } from '../../test/documentation.fixture.ts'
import type { Packed } from './packing.ts'

export interface Consumer {
  readonly folder: string
  /** Every entry of every package, as it is imported. */
  readonly entries: readonly string[]
}

const root = join(import.meta.dirname, '../..')

/** What is installed beside the packages to use them with: below node_modules, under its alias. */
interface Alias {
  readonly alias: string
  readonly version: string
}

/** The lowest Node that the packages promise to run on and the latest of its line, as the registry has them. */
const NODE_22: Readonly<Record<string, readonly string[]>> = {
  x64: ['22.0.0', '22.23.3'],
  arm64: ['22.14.0', '22.23.3'],
}

/** None where the registry has no executable for this machine. */
export const olderNodes: readonly Alias[] = (
  (process.platform === 'linux' ? NODE_22[process.arch] : undefined) ?? []
).map((version) => ({ alias: `node-${version}`, version }))

/** The lowest TypeScript that the packages promise to work with, and the last before the repository's own line. */
export const olderTypescripts = {
  nodenext: { alias: 'typescript-5.7', version: '5.7.3' },
  bundler: { alias: 'typescript-5.9', version: '5.9.3' },
} as const satisfies Record<string, Alias>

function versionHere(name: string): string {
  const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

export function createConsumer(folder: string, packages: readonly Packed[]): Consumer {
  mkdirSync(folder)
  const dependencies: Record<string, string> = {}
  for (const { manifest, tarball } of packages) dependencies[manifest.name] = `file:${tarball}`
  for (const name of ['valibot', '@opentelemetry/api', '@types/node']) dependencies[name] = versionHere(name)
  for (const { alias, version } of Object.values(olderTypescripts)) dependencies[alias] = `npm:typescript@${version}`
  for (const { alias, version } of olderNodes) dependencies[alias] = `npm:node-linux-${process.arch}@${version}`
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }, null, 2))

  cpSync(join(import.meta.dirname, 'app'), join(folder, 'app'), { recursive: true })
  mkdirSync(join(folder, 'readme'))
  for (const { language, fileName, text } of codeBlocks(join(root, 'README.md')))
    if (language === 'ts' && fileName !== undefined) writeFileSync(join(folder, 'readme', fileName), text)

  const entries = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((subpath) => subpath !== './package.json')
      .map((subpath) => manifest.name + subpath.slice(1)),
  )
  const imports = entries.map((entry, index) => `export * as m${String(index)} from '${entry}'`)
  writeFileSync(join(folder, 'app', 'entries.ts'), `${imports.join('\n')}\n`)
  return { folder, entries }
}

const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED/

/** What became of `npm install`. `unreachable`: no way to the registry from here, and not all of it in npm's cache. */
type Installation =
  | { readonly state: 'installed' }
  | { readonly state: 'failed' | 'unreachable'; readonly reason: string }

/** Files come out of npm's cache where it has them. No bin is linked: several of them would be `node`. */
export function install({ folder }: Consumer): Installation {
  const args = ['install', '--prefer-offline', '--fetch-retries=0', '--no-bin-links', '--ignore-scripts']
  const { status, stderr } = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) return { state: 'installed' }
  const code = unreachable.exec(stderr)?.[0]
  return code === undefined ? { state: 'failed', reason: stderr } : { state: 'unreachable', reason: code }
}
