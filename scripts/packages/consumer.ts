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

/** The lowest Node that the packages promise to run on, and the latest of its line: by architecture, as the registry has them. */
const node22: Readonly<Record<string, readonly [lowest: string, latest: string]>> = {
  x64: ['22.12.0', '22.23.3'],
  arm64: ['22.14.0', '22.23.3'],
}

/** Node 22, lowest and latest, where the registry has it for this machine; below node_modules. */
export const node22Folders: readonly string[] =
  process.platform === 'linux' && process.arch in node22 ? ['node-22-lowest', 'node-22-latest'] : []

/** The oldest TypeScript that the packages support, and the last one of that line. The repository's own comes on top. */
export const olderTypescripts = { 'typescript-5.7': '5.7.3', 'typescript-5.9': '5.9.3' } as const

function versionHere(name: string): string {
  const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

export function createConsumer(folder: string, packages: readonly Packed[]): Consumer {
  mkdirSync(folder)
  const dependencies: Record<string, string> = {}
  for (const { manifest, tarball } of packages) dependencies[manifest.name] = `file:${tarball}`
  for (const name of ['ws', 'valibot', '@types/node']) dependencies[name] = versionHere(name)
  for (const [alias, version] of Object.entries(olderTypescripts)) dependencies[alias] = `npm:typescript@${version}`
  for (const [index, alias] of node22Folders.entries())
    dependencies[alias] = `npm:node-linux-${process.arch}@${String(node22[process.arch]?.[index])}`
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

/**
 * `unreachable`: there is no way to the registry from here, and not everything is in npm's cache. Every file comes
 * out of that cache when it is there; no bin is linked, because several of them would be `node`.
 */
export function install({ folder }: Consumer): {
  readonly state: 'failed' | 'installed' | 'unreachable'
  readonly output: string
} {
  const args = ['install', '--prefer-offline', '--fetch-retries=0', '--no-bin-links', '--ignore-scripts']
  const { status, stdout, stderr } = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) return { state: 'installed', output: stdout }
  return { state: unreachable.test(stderr) ? 'unreachable' : 'failed', output: stdout + stderr }
}
