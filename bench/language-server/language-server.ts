import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { frameMessage, MessageReader } from './message-reader.ts'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly items?: readonly unknown[] }
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

export interface Place {
  readonly line: number
  readonly character: number
}

const root = resolve(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/.bin/tsc')
/** The slowest contract takes it a minute on a machine that is busy. */
const ANSWER_TIMEOUT_MS = 300_000
const CAPABILITIES = { textDocument: { completion: {}, hover: {}, diagnostic: {} } }

/** TypeScript's own, as editors run it, with one open file. */
export class LanguageServer {
  readonly #child: ChildProcess
  readonly #reader = new MessageReader()
  readonly #waiting = new Map<number, Waiting>()
  readonly #uri: string
  #state: { readonly type: 'running' } | { readonly type: 'ended'; readonly error: Error } = { type: 'running' }
  #lastId = 0
  #version = 0

  private constructor(file: string, folder: string) {
    this.#uri = pathToFileURL(file).href
    this.#child = spawn(tsc, ['--lsp', '--stdio'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      for (const message of this.#reader.push(chunk)) this.#receive(message as Message)
    })
    // Its end is told by `close`.
    this.#child.stdin?.on('error', () => {})
    this.#child.once('error', (error) => {
      this.#fail(error)
    })
    this.#child.once('close', (code, signal) => {
      this.#fail(new Error(`The language server ended with ${String(code ?? signal)}`))
    })
  }

  /** @param file below `folder`, which has the `tsconfig.json` */
  static async start(file: string, folder: string): Promise<LanguageServer> {
    const server = new LanguageServer(file, folder)
    const uri = pathToFileURL(folder).href
    const workspaceFolders = [{ uri, name: 'measured' }]
    await server.#request('initialize', {
      processId: process.pid,
      rootUri: uri,
      capabilities: CAPABILITIES,
      workspaceFolders,
    })
    server.#notify('initialized', {})
    return server
  }

  open(text: string): void {
    this.#version++
    const textDocument = { uri: this.#uri, languageId: 'typescript', version: this.#version, text }
    this.#notify('textDocument/didOpen', { textDocument })
  }

  edit(text: string): void {
    this.#version++
    const textDocument = { uri: this.#uri, version: this.#version }
    this.#notify('textDocument/didChange', { textDocument, contentChanges: [{ text }] })
  }

  /** The names that it offers. */
  async complete(position: Place): Promise<readonly string[]> {
    const got = (await this.#request('textDocument/completion', { ...this.#document, position })) as {
      readonly items?: readonly { readonly label: string }[]
    } | null
    return (got?.items ?? []).map(({ label }) => label)
  }

  async hover(position: Place): Promise<string> {
    const got = await this.#request('textDocument/hover', { ...this.#document, position })
    return JSON.stringify(got)
  }

  /** The messages of all errors in the file. */
  async diagnose(): Promise<readonly string[]> {
    const got = (await this.#request('textDocument/diagnostic', this.#document)) as {
      readonly items: readonly { readonly message: string }[]
    }
    return got.items.map(({ message }) => message)
  }

  async kill(): Promise<void> {
    const ended = once(this.#child, 'close')
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await ended
  }

  get #document(): { readonly textDocument: { readonly uri: string } } {
    return { textDocument: { uri: this.#uri } }
  }

  #request(method: string, params: object): Promise<unknown> {
    this.#lastId++
    const id = this.#lastId
    if (this.#state.type === 'ended') return Promise.reject(this.#state.error)
    return new Promise((onResult, onError) => {
      const timer = setTimeout(() => {
        this.#fail(new Error(`Expected \`${method}\` to be answered within ${String(ANSWER_TIMEOUT_MS / 1000)} s`))
      }, ANSWER_TIMEOUT_MS)
      this.#waiting.set(id, { resolve: onResult, reject: onError, timer })
      this.#send({ id, method, params })
    })
  }

  #notify(method: string, params: object): void {
    this.#send({ method, params })
  }

  #send(message: object): void {
    this.#child.stdin?.write(frameMessage({ jsonrpc: '2.0', ...message }))
  }

  #receive({ id, method, params, result, error }: Message): void {
    if (id === undefined) return
    if (method !== undefined) {
      // It asks for settings, of which there are none, and waits for the answer.
      this.#send({ id, result: params?.items?.map(() => null) ?? null })
      return
    }
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    clearTimeout(waiting?.timer)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error.message))
  }

  #fail(error: Error): void {
    this.#state = { type: 'ended', error }
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(error)
    }
    this.#waiting.clear()
  }
}
