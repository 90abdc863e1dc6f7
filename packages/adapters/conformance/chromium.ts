import { bundleForPage, inChromium } from './chromium-page.ts'
import type { CheckResult, RunOptions } from './run-checks.ts'

let bundled: Promise<string> | undefined

/** Runs the checks in a page that the server's main stand has served, so that its origin is the server's own. */
export async function runInChromium({ urls, without, longPoll = false }: RunOptions): Promise<readonly CheckResult[]> {
  bundled ??= bundleForPage(new URL('browser-client.ts', import.meta.url))
  const url = new URL('/', (urls.main ?? '').replace(/^ws/, 'http')).href
  const run = (options: RunOptions): Promise<readonly CheckResult[]> =>
    // Put there by browser-client.ts.
    (globalThis as unknown as { runConformance(o: RunOptions): Promise<readonly CheckResult[]> }).runConformance(
      options,
    )
  return inChromium({ url, script: await bundled, flags: ['--ignore-certificate-errors'] }, (page) =>
    page.evaluate(run, { urls, without, longPoll }),
  )
}
