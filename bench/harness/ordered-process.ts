import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { executable, type Runtime, runtimeEnv } from '../../scripts/runtimes.ts'
import { type AnswerLine, type Given, type Got, LINE_MARK, type OrderName } from './orders.ts'

/** How the product's packages are found: as users get them, or as sources, which need no build. */
export type PackageForm = 'built' | 'source'

export interface OrderedProcessOptions {
  readonly runtime: Runtime
  readonly script: string
  /** Its one argument, as JSON. */
  readonly argument: object
  readonly packages: PackageForm
}

/** Beyond it a measurement has failed; the longest takes seconds. */
const ORDER_TIMEOUT_MS = 120_000
/** Of what it printed on stderr, to say why it ended. */
const KEPT_LINES = 40

interface Waiting {
  readonly resolve: (got: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** A process that takes orders. It ends when it is told to, and with this one. */
export class OrderedProcess<Orders> {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #waiting = new Map<number, Waiting>()
  readonly #complaints: string[] = []
  readonly #exited: Promise<void>
  #state: { readonly type: 'running' } | { readonly type: 'ended'; readonly error: Error } = { type: 'running' }
  #lastId = 0

  private constructor(child: ChildProcess, name: string) {
    this.#child = child
    this.#name = name
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#fail(error.message)
        resolve()
      })
      child.once('close', (code, signal) => {
        this.#fail(`ended with ${String(code ?? signal)}`)
        resolve()
      })
    })
  }

  /** Starts it, and waits until it has loaded all it needs. Resolves with what it tells then. */
  static async start<Orders, Ready>(
    options: OrderedProcessOptions,
  ): Promise<{ readonly process: OrderedProcess<Orders>; readonly ready: Ready }> {
    const { runtime, script, argument } = options
    const child = spawn(executable(runtime), [...argumentsOf(options), script, JSON.stringify(argument)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...runtimeEnv, NO_COLOR: '1' },
    })
    const started = new OrderedProcess<Orders>(child, `${runtime} ${script.slice(script.lastIndexOf('/') + 1)}`)
    started.#listen()
    try {
      return { process: started, ready: (await started.#expect(0)) as Ready }
    } catch (error) {
      await started.kill()
      throw error
    }
  }

  /** `undefined` where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  order<Name extends OrderName<Orders>>(name: Name, given: Given<Orders, Name>): Promise<Got<Orders, Name>> {
    this.#lastId++
    const got = this.#expect(this.#lastId)
    this.#child.stdin?.write(`${JSON.stringify({ id: this.#lastId, name, given })}\n`)
    return got as Promise<Got<Orders, Name>>
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #listen(): void {
    const { stdout, stderr, stdin } = this.#child
    // Its end is told by `close`.
    stdin?.on('error', () => {})
    if (stdout !== null)
      createInterface({ input: stdout }).on('line', (line) => {
        if (line.startsWith(LINE_MARK)) this.#settle(JSON.parse(line.slice(LINE_MARK.length)) as AnswerLine)
      })
    if (stderr !== null)
      createInterface({ input: stderr }).on('line', (line) => {
        this.#complaints.push(line)
        if (this.#complaints.length > KEPT_LINES) this.#complaints.shift()
      })
  }

  #expect(id: number): Promise<unknown> {
    if (this.#state.type === 'ended') return Promise.reject(this.#state.error)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`Expected an answer within ${String(ORDER_TIMEOUT_MS / 1000)} s (${this.#name})`))
      }, ORDER_TIMEOUT_MS)
      this.#waiting.set(id, { resolve, reject, timer })
    })
  }

  #settle(line: AnswerLine): void {
    const waiting = this.#waiting.get(line.id)
    if (waiting === undefined) return
    this.#waiting.delete(line.id)
    clearTimeout(waiting.timer)
    if ('failure' in line) waiting.reject(new Error(line.failure))
    else waiting.resolve(line.got)
  }

  #fail(why: string): void {
    const cause = this.#complaints.find((line) => /error/i.test(line))
    const first = cause === undefined ? `${this.#name} ${why}` : `${this.#name} ${why}: ${cause}`
    const error = new Error([first, ...this.#complaints].join('\n'))
    this.#state = { type: 'ended', error }
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(error)
    }
    this.#waiting.clear()
  }
}

function argumentsOf({ runtime, packages }: OrderedProcessOptions): string[] {
  const condition = packages === 'source' ? ['--conditions=@tautline/source'] : []
  const own = {
    node: ['--expose-gc'],
    bun: [],
    deno: ['run', '-A', '--no-prompt', '--v8-flags=--expose-gc'],
  } satisfies Record<Runtime, string[]>
  return [...own[runtime], ...condition]
}
