// node scripts/vitest-on.ts <node|bun|deno|browser> [vitest arguments]: the same suite elsewhere.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ensureChromium } from './ensure-chromium.ts'
import { executable, type Runtime, runtimeEnv } from './runtimes.ts'

type Place = Runtime | 'browser'

const [place, ...rest] = process.argv.slice(2) as [Place, ...string[]]
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const before: Record<Place, string[]> = { node: [], browser: [], bun: ['--bun'], deno: ['run', '-A', '--no-prompt'] }
if (!(place in before)) throw new Error(`Expected a runtime (${Object.keys(before).join(', ')}), got \`${place}\``)

function run(env: Readonly<Record<string, string>>, args: readonly string[]): void {
  const child = spawn(executable(place === 'browser' ? 'node' : place), [...before[place], vitest, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...runtimeEnv, ...env },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      child.kill(signal)
    })
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130)
  })
}

if (place === 'browser') {
  const chromium = await ensureChromium()
  if (chromium !== undefined) run({ CHROMIUM_PATH: chromium }, [...rest, '--config', 'vitest.browser.ts'])
  else if (process.env['CI'] !== undefined) process.exitCode = 1
} else run({}, rest)
