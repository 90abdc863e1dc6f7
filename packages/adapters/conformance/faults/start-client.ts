import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ClientState } from '@tautline/client'
import { executable, type Runtime, runtimeEnv, sourceArguments } from '../../../../scripts/runtimes.ts'
import { createFreezer, type Freezer } from '../freezer.ts'
import type { ClientCommand, ClientCommands, ClientMessage } from './client-commands.ts'

/** A process with clients in it. */
export interface RunningClient extends Freezer {
  ask<C extends ClientCommand>(
    command: C,
    request: Parameters<ClientCommands[C]>[0],
  ): Promise<ReturnType<ClientCommands[C]>>
  /** Resolves when a client of the process next says that its line is so. */
  becomes(name: string, state: ClientState): Promise<void>
  /** Ends it in good order. Resolves with its exit code. */
  stop(): Promise<number | null>
}

interface Question {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const STOP_LIMIT_MS = 10_000

/** Starts fault-client.ts. It also ends when this process is killed: it watches its stdin. */
export async function startClient(runtime: Runtime): Promise<RunningClient> {
  const script = fileURLToPath(new URL('fault-client.ts', import.meta.url))
  const child = spawn(executable(runtime), sourceArguments(runtime, script), {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...runtimeEnv },
  })
  const questions = new Map<number, Question>()
  const watchers = new Set<(name: string, state: ClientState) => void>()
  const ready = Promise.withResolvers<void>()
  let asked = 0

  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      const error = new Error(`${runtime} client exited with ${String(code)}`)
      ready.reject(error)
      for (const { reject } of questions.values()) reject(error)
      resolve(code)
    })
  })

  function hear(message: ClientMessage): void {
    if (message.type === 'ready') ready.resolve()
    else if (message.type === 'status') for (const watch of watchers) watch(message.name, message.state)
    else {
      const question = questions.get(message.id)
      questions.delete(message.id)
      if (message.error === undefined) question?.resolve(message.value)
      else question?.reject(new Error(`${runtime} client: ${message.error}`))
    }
  }

  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) hear(JSON.parse(line) as ClientMessage)
    else console.log(`${runtime} client: ${line}`)
  })
  await ready.promise
  return {
    ask<C extends ClientCommand>(command: C, request: Parameters<ClientCommands[C]>[0]) {
      asked += 1
      const id = asked
      child.stdin.write(`${JSON.stringify([id, command, request])}\n`)
      return new Promise<ReturnType<ClientCommands[C]>>((resolve, reject) => {
        // What comes back was answered to this very command.
        questions.set(id, { resolve: (value) => resolve(value as ReturnType<ClientCommands[C]>), reject })
      })
    },
    becomes: (name, state) =>
      new Promise((resolve) => {
        const watch = (who: string, what: ClientState): void => {
          if (who !== name || what !== state) return
          watchers.delete(watch)
          resolve()
        }
        watchers.add(watch)
      }),
    ...createFreezer(child),
    async stop() {
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      const code = await exited
      clearTimeout(timer)
      return code
    },
  }
}
