import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { executable, type Runtime, runtimeEnv, sourceArguments } from '../../../scripts/runtimes.ts'
import type { ClientKind } from './capabilities.ts'
import { runInChromium } from './chromium.ts'
import type { CheckResult } from './run-checks.ts'
import type { StandUrls } from './stands.ts'

export interface ClientRun {
  readonly urls: StandUrls
  readonly without: readonly string[]
  /** File with the authority behind the certificate of the TLS stand. */
  readonly authorityFile: string
}

const placeOf: Readonly<Record<ClientKind, Runtime | 'chromium'>> = {
  node: 'node',
  ws: 'node',
  bun: 'bun',
  deno: 'deno',
  chromium: 'chromium',
  'node-poll': 'node',
  'bun-poll': 'bun',
  'deno-poll': 'deno',
  'chromium-poll': 'chromium',
}

/** Runs the list of checks in a process, or a browser, of its own. */
export function runClient(kind: ClientKind, run: ClientRun): Promise<readonly CheckResult[]> {
  const place = placeOf[kind]
  return place === 'chromium'
    ? runInChromium({ ...run, longPoll: kind === 'chromium-poll' })
    : runInProcess(place, kind, run)
}

function runInProcess(
  runtime: Runtime,
  kind: ClientKind,
  { urls, without, authorityFile }: ClientRun,
): Promise<readonly CheckResult[]> {
  const script = fileURLToPath(new URL('client.ts', import.meta.url))
  const child = spawn(
    executable(runtime),
    [...sourceArguments(runtime, script), JSON.stringify({ kind, urls, without })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...runtimeEnv, NODE_EXTRA_CA_CERTS: authorityFile, DENO_CERT: authorityFile },
    },
  )
  const results: CheckResult[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) results.push(JSON.parse(line) as CheckResult)
    else console.log(`${kind} client: ${line}`)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(results)
      else reject(new Error(`${kind} client exited with ${String(code)} after ${String(results.length)} checks`))
    })
  })
}
