import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { chromium } from 'playwright'
import { ensureChromium } from '../ensure-chromium.ts'
import { executable } from '../runtimes.ts'
import { type Consumer, olderNodes } from './consumer.ts'
import type { Verdicts } from './verdicts.ts'

const PAGE_TIMEOUT_MS = 60_000
const compiled = 'compiled-nodenext/app'

/** Every entry loads, and server and client work on each runtime. */
export function runApp({ folder }: Consumer, verdicts: Verdicts): void {
  const deno = [executable('deno'), 'run', '-A', '--no-prompt'] as const
  const places: (readonly [string, readonly [string, ...string[]]])[] = [
    ...olderNodes.map(
      ({ alias, version }) => [`node v${version}`, [join(folder, 'node_modules', alias, 'bin/node')]] as const,
    ),
    [`node ${process.version}`, [process.execPath]],
    ['bun', [executable('bun')]],
    ['deno', deno],
  ]
  for (const [place, command] of places) {
    verdicts.run(`${place}: every entry loads`, [...command, `${compiled}/entries.js`], folder)
    verdicts.run(`${place}: serves and calls`, [...command, `${compiled}/main.js`], folder)
  }
  if (olderNodes.length === 0) verdicts.leaveOut('node 22: the registry has none for this machine')
}

/** The same in Chromium, the page bundled out of the installed packages. */
export async function runPage({ folder }: Consumer, verdicts: Verdicts): Promise<void> {
  const executablePath = await ensureChromium()
  if (executablePath === undefined) {
    verdicts.leaveOut('page: no Chromium')
    return
  }
  await build({
    absWorkingDir: folder,
    entryPoints: [`${compiled}/page.js`],
    outfile: 'page.js',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
  })
  using server = spawn(process.execPath, [`${compiled}/page-server.js`, 'page.js'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: PAGE_TIMEOUT_MS,
  })
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]()
  const address = await lines.next()
  await using browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(address.value ?? '')
  const report = await lines.next()
  const ok = (await exitCode(server)) === 0
  if (ok) verdicts.ok('page in Chromium: calls')
  else verdicts.fail(`page in Chromium: ${[report.value ?? 'no report', ...errors].join('\n')}`)
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}
