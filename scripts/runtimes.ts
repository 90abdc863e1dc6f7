// The real executables of the runtimes under test, and how to start a source file on each.
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type Runtime = 'bun' | 'deno' | 'node'
export const runtimes: readonly Runtime[] = ['node', 'bun', 'deno']

const require = createRequire(import.meta.url)
const libc = process.platform === 'linux' ? '-glibc' : ''
const isBinary = (path: string): boolean => existsSync(path) && statSync(path).size > 1_000_000

function inPackage(name: string, file: string): string | undefined {
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), file)
  } catch {
    return undefined
  }
}

/**
 * The runtime itself, never a wrapper script: signals must reach it. Both places of each binary are tried, because
 * bun's install script moves its own and that script may have been blocked.
 */
export function executable(runtime: Runtime): string {
  if (runtime === 'node') return process.execPath
  const arch = process.arch === 'arm64' && runtime === 'bun' ? 'aarch64' : process.arch
  const candidates =
    runtime === 'bun'
      ? [inPackage('bun', 'bin/bun.exe'), inPackage(`@oven/bun-${process.platform}-${arch}`, 'bin/bun')]
      : [inPackage(`@deno/${process.platform}-${arch}${libc}`, 'deno'), inPackage('deno', 'deno')]
  const found = candidates.find((path) => path !== undefined && isBinary(path))
  if (found === undefined) throw new Error(`no ${runtime} executable below node_modules: run npm ci`)
  return found
}

/** Arguments that run one TypeScript file of this repository, workspaces resolved to their sources. */
export function sourceArguments(runtime: Runtime, script: string): string[] {
  const condition = '--conditions=@tautline/source'
  return runtime === 'deno' ? ['run', '-A', '--no-prompt', condition, script] : [condition, script]
}

/** What every spawned runtime needs in its environment besides what it inherits. */
export const runtimeEnv: Readonly<Record<string, string>> = { DENO_NO_UPDATE_CHECK: '1' }
