import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { executable, type Runtime, runtimeEnv, sourceArguments } from '../../../scripts/runtimes.ts'
import type { ServerKind } from './capabilities.ts'
import { createFreezer, type Freezer } from './freezer.ts'
import type { StandUrls, Usage } from './stands.ts'

export interface RunningServer extends Freezer {
  readonly kind: ServerKind
  readonly pid: number | undefined
  readonly urls: StandUrls
  /** What the server logged so far, one entry per call. */
  readonly logged: readonly string[]
  usage(): Promise<Usage>
  /** Ends it in good order. Resolves with its exit code. */
  stop(): Promise<number | null>
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

interface StartOptions {
  /** Of the main stand. @default any free one */
  readonly port?: number
  /** For what is under way when it is to stop. @default 500 */
  readonly drainMs?: number
  /** Takes the same arguments and says READY in the same way. @default server.ts */
  readonly script?: URL
}

const runtimeOf: Readonly<Record<ServerKind, Runtime>> = {
  node: 'node',
  bun: 'bun',
  deno: 'deno',
  'deno-serve': 'deno',
}

/** On top of what it may drain. */
const STOP_LIMIT_MS = 10_000

/** Starts server.ts, or another script, on its runtime. It also ends when this process is killed: it watches its stdin. */
export async function startServer(
  kind: ServerKind,
  { port = 0, drainMs = 500, script = new URL('server.ts', import.meta.url) }: StartOptions = {},
): Promise<RunningServer> {
  const runtime = runtimeOf[kind]
  const command = [...sourceArguments(runtime, fileURLToPath(script)), kind, String(port), String(drainMs)]
  const child = spawn(executable(runtime), command, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...runtimeEnv },
  })
  const logged: string[] = []
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const urls = await new Promise<StandUrls>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('READY ')) resolve(JSON.parse(line.slice('READY '.length)) as StandUrls)
      else logged.push(line)
    })
    void exited.then((code) => {
      reject(new Error(`${kind} server exited with ${String(code)} before it was ready:\n${logged.join('\n')}`))
    })
  })
  return {
    kind,
    pid: child.pid,
    urls,
    logged,
    async usage() {
      const response = await fetch(new URL('/usage', (urls.main ?? '').replace(/^ws/, 'http')))
      return (await response.json()) as Usage
    },
    async stop() {
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), drainMs + STOP_LIMIT_MS)
      const code = await exited
      clearTimeout(timer)
      return code
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    ...createFreezer(child),
  }
}
