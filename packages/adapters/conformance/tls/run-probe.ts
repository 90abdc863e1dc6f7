import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { executable, type Runtime, runtimeEnv, sourceArguments } from '../../../../scripts/runtimes.ts'
import { bundleForPage, inChromium } from '../chromium-page.ts'
import type { ProbeOptions, ProbeResult } from './probe.ts'
import type { ProbeRun } from './probe-process.ts'

const run = promisify(execFile)

/** In a process that trusts the authority of the file, and otherwise those that the runtime always trusts. */
export async function probeInProcess(
  runtime: Runtime,
  runs: readonly ProbeRun[],
  authorityFile: string,
): Promise<readonly ProbeResult[]> {
  const script = fileURLToPath(new URL('probe-process.ts', import.meta.url))
  const args = [...sourceArguments(runtime, script), JSON.stringify(runs)]
  const env = { ...process.env, ...runtimeEnv, NODE_EXTRA_CA_CERTS: authorityFile, DENO_CERT: authorityFile }
  const { stdout } = await run(executable(runtime), args, { env })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as readonly ProbeResult[]
}

/** What can be told to a page. */
type PageRun = Pick<ProbeOptions, 'urls' | 'longPoll'>

/** In a Chromium whose user trusts the authority of the file, as an administrator would have it. Needs NSS's `certutil`. */
export async function probeInChromium(
  page: { readonly url: string; readonly runs: readonly PageRun[] },
  { authorityFile, certutil }: { readonly authorityFile: string; readonly certutil: string },
): Promise<readonly ProbeResult[]> {
  const script = await bundleForPage(new URL('probe-page.ts', import.meta.url))
  const home = mkdtempSync(join(tmpdir(), 'tautline-chromium-'))
  try {
    await run('sh', [
      '-c',
      'mkdir -p "$1" && "$0" -N -d "sql:$1" --empty-password && "$0" -A -d "sql:$1" -n test -t C,, -i "$2"',
      certutil,
      join(home, '.pki/nssdb'),
      authorityFile,
    ])
    return await inChromium({ url: page.url, script, env: { ...process.env, HOME: home } }, (tab) =>
      // Put there by probe-page.ts.
      tab.evaluate((runs) => {
        const global = globalThis as unknown as { readonly probe: (options: PageRun) => Promise<ProbeResult> }
        return Promise.all(runs.map((options) => global.probe(options)))
      }, page.runs),
    )
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
