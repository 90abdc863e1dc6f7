import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright'
import { ensureChromium } from '../../../scripts/ensure-chromium.ts'
import type { CheckResult, RunOptions } from './run-checks.ts'

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--ignore-certificate-errors',
]

let bundled: Promise<string> | undefined

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser-client.ts', import.meta.url))],
    bundle: true,
    write: false,
    // Not a module: those run some time after they were added.
    format: 'iife',
    platform: 'browser',
    conditions: ['@tautline/source'],
  })
  return outputFiles[0]?.text ?? ''
}

/** Runs the checks in a page that the server's main stand has served, so that its origin is the server's own. */
export async function runInChromium({ urls, without, longPoll = false }: RunOptions): Promise<readonly CheckResult[]> {
  const executablePath = await ensureChromium()
  if (executablePath === undefined) throw new Error('Expected a Chromium: see the message above')
  bundled ??= bundle()
  const browser = await chromium.launch({ executablePath, args })
  try {
    const page = await browser.newPage()
    await page.goto(new URL('/', (urls.main ?? '').replace(/^ws/, 'http')).href)
    await page.addScriptTag({ content: await bundled })
    const run = (options: RunOptions): Promise<readonly CheckResult[]> =>
      // Put there by browser-client.ts.
      (globalThis as unknown as { runConformance(o: RunOptions): Promise<readonly CheckResult[]> }).runConformance(
        options,
      )
    return await page.evaluate(run, { urls, without, longPoll })
  } finally {
    await browser.close()
  }
}
