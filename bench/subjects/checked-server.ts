import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { executable, runtimeEnv, sourceArguments } from '../../scripts/runtimes.ts'
import type { RuntimeName } from './subject.ts'

export interface CheckedServer {
  readonly port: number
  /** Has it publish the tick of this number. */
  publish(n: number): void
  /** Has it publish the first rows of the table, this many. */
  publishRows(count: number): void
  /** Ends it as a crash would. */
  kill(): Promise<void>
  /** Ends it in good order. Resolves with its exit code, or with `null` where it had to be killed. */
  stop(): Promise<number | null>
}

export interface CheckedServerOptions {
  readonly runtime: RuntimeName
  /** @default any that is free */
  readonly port?: number
}

const STOP_LIMIT_MS = 5_000

/** Starts the server of a subject in a process of its own. It also ends when this process is killed: it reads its stdin. */
export async function startCheckedServer(
  name: string,
  { runtime, port = 0 }: CheckedServerOptions,
): Promise<CheckedServer> {
  const script = fileURLToPath(new URL('check-server.ts', import.meta.url))
  const child = spawn(executable(runtime), [...sourceArguments(runtime, script), name, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...runtimeEnv },
  })
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const ready = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('READY ')) resolve(Number(line.slice('READY '.length)))
      else console.error(`${name}: ${line}`)
    })
    void exited.then((code) => {
      reject(new Error(`The server exited with ${code} before it listened`))
    })
  })
  return {
    port: ready,
    publish(n) {
      child.stdin.write(`tick ${n}\n`)
    },
    publishRows(count) {
      child.stdin.write(`rows ${count}\n`)
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.stdin.end()
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
      }, STOP_LIMIT_MS)
      const code = await exited
      clearTimeout(timer)
      return code
    },
  }
}
