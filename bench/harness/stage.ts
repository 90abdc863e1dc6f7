import { fileURLToPath } from 'node:url'
import type { About, RuntimeName } from '../subjects/subject.ts'
import type { ClientProcessOptions } from './client-process.ts'
import { OrderedProcess, type PackageForm } from './ordered-process.ts'
import type { ClientOrders, ServerOrders } from './orders.ts'
import type { ServerProcessOptions } from './server-process.ts'

export type ServerProcess = OrderedProcess<ServerOrders>
export type ClientProcess = OrderedProcess<ClientOrders>

export interface Pair {
  readonly server: ServerProcess
  readonly client: ClientProcess
}

export interface StageOptions {
  readonly subject: About
  readonly runtime: RuntimeName
  readonly packages: PackageForm
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The processes of one subject: servers on the runtime that is measured, clients on Node. */
export class Stage {
  readonly subject: About
  readonly runtime: RuntimeName
  readonly packages: PackageForm
  readonly #processes = new Set<{ kill(): Promise<void> }>()
  #pair: Promise<Pair> | undefined

  constructor({ subject, runtime, packages }: StageOptions) {
    this.subject = subject
    this.runtime = runtime
    this.packages = packages
  }

  /** A server with a client process, kept for all who ask; the client comes without a connection. */
  async pair(): Promise<Pair> {
    this.#pair ??= this.#startPair()
    const pair = await this.#pair
    await pair.client.order('closeAll', {})
    return pair
  }

  async server(
    options: Partial<Omit<ServerProcessOptions, 'subject'>> = {},
  ): Promise<{ readonly server: ServerProcess; readonly url: string; readonly port: number }> {
    const argument: ServerProcessOptions = {
      subject: this.subject.name,
      compression: options.compression ?? false,
      start: options.start ?? 'now',
    }
    const started = await OrderedProcess.start<ServerOrders, { readonly port?: number }>({
      runtime: this.runtime,
      script: script('server-process.ts'),
      argument,
      packages: this.packages,
    })
    this.#processes.add(started.process)
    const { port = 0 } = started.ready
    return { server: started.process, port, url: `ws://127.0.0.1:${String(port)}` }
  }

  async client(url: string): Promise<ClientProcess> {
    const argument: ClientProcessOptions = { subject: this.subject.name, url }
    const started = await OrderedProcess.start<ClientOrders, null>({
      runtime: 'node',
      script: script('client-process.ts'),
      argument,
      packages: this.packages,
    })
    this.#processes.add(started.process)
    return started.process
  }

  async #startPair(): Promise<Pair> {
    const { server, url } = await this.server()
    return { server, client: await this.client(url) }
  }

  /** Ends every process that was started here. */
  async end(): Promise<void> {
    this.#pair = undefined
    const processes = [...this.#processes]
    this.#processes.clear()
    await Promise.all(processes.map((process) => process.kill()))
  }
}
