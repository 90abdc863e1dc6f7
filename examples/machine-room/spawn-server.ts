import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { executable, type Runtime, runtimeEnv, sourceArguments } from '../../scripts/runtimes.ts'

export interface SpawnedServer {
  /** The page's address. */
  readonly url: string
  readonly pid: number
  /** Resolves with the exit code. */
  readonly exited: Promise<number>
  /** Asks it to end in good order. */
  stop(): Promise<number>
  /** Ends it as a crash would. */
  kill(): Promise<number>
}

export interface SpawnOptions {
  readonly runtime: Runtime
  readonly host: string
  readonly port: number
}

/**
 * Runs the room's server on the given runtime, in a process of its own that ends with this one.
 *
 * @throws when it ends before it listens; it has then said why on stderr
 */
export async function spawnServer({ runtime, host, port }: SpawnOptions): Promise<SpawnedServer> {
  const script = fileURLToPath(new URL('./server.ts', import.meta.url))
  const child = spawn(
    executable(runtime),
    [...sourceArguments(runtime, script), '--host', host, '--port', String(port), '--with-parent'],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...runtimeEnv } },
  )
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      resolve(code ?? (signal === null ? 1 : 128))
    })
  })
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('READY ')) resolve(line.slice('READY '.length))
      else console.log(line)
    })
    exited.then((code) => {
      reject(new Error(`The ${runtime} server ended with ${String(code)} before it listened`))
    }, reject)
  })
  return {
    url,
    pid: child.pid ?? 0,
    exited,
    stop() {
      child.stdin.end()
      return exited
    },
    kill() {
      child.kill('SIGKILL')
      return exited
    },
  }
}
