import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium, type LaunchOptions, type Page } from 'playwright'
import { chromiumFlags } from '../../../scripts/chromium-flags.ts'
import { ensureChromium } from '../../../scripts/ensure-chromium.ts'

export interface ChromiumPage {
  readonly url: string
  /** Put into the page once it is there, see `bundleForPage`. */
  readonly script: string
  /** Beside those of every Chromium under test. */
  readonly flags?: readonly string[]
  readonly env?: LaunchOptions['env']
}

/** Opens a page in a Chromium of its own, which ends with `use`. */
export async function inChromium<T>(
  { url, script, flags = [], env }: ChromiumPage,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const executablePath = await ensureChromium()
  if (executablePath === undefined) throw new Error('Expected a Chromium: see the message above')
  const browser = await chromium.launch({ executablePath, args: [...chromiumFlags, ...flags], ...(env && { env }) })
  try {
    const page = await browser.newPage()
    await page.goto(url)
    await page.addScriptTag({ content: script })
    return await use(page)
  } finally {
    await browser.close()
  }
}

/** A program of this folder and all it imports, from the sources. */
export async function bundleForPage(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    // Not a module: those run some time after they were added.
    format: 'iife',
    platform: 'browser',
    conditions: ['@tautline/source'],
  })
  return outputFiles[0]?.text ?? ''
}
