import { type Client, createClient } from '@tautline/client'
import { WebSocket } from 'ws'
import { FailureList } from './failure-list.ts'
import { Latencies } from './latencies.ts'
import { soakApi } from './soak-api.ts'

/** Clients that no fault befalls: how long their calls take is how the server does. */
export class Witness {
  readonly latencies = new Latencies()
  readonly broken = new FailureList()
  readonly #clients: readonly Client<typeof soakApi>[]
  readonly #timer: NodeJS.Timeout
  readonly #pending = new Set<Promise<void>>()
  #state: 'calling' | 'pausing' = 'calling'
  #calls = 0

  constructor(url: string, count: number, everyMs: number) {
    this.#clients = Array.from({ length: count }, () => createClient(soakApi, { url, WebSocket }))
    this.#timer = setInterval(() => {
      if (this.#state === 'pausing') return
      const call = this.#call()
      this.#pending.add(call)
      void call.then(() => this.#pending.delete(call))
    }, everyMs)
  }

  /** Makes no calls meanwhile: what a measurement costs does not count. */
  async pause<T>(task: () => Promise<T>): Promise<T> {
    this.#state = 'pausing'
    await Promise.all(this.#pending)
    try {
      return await task()
    } finally {
      this.#state = 'calling'
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#pending)
    await Promise.all(this.#clients.map((client) => client.$.close()))
  }

  async #call(): Promise<void> {
    const n = this.#calls++
    const client = this.#clients[n % this.#clients.length]
    if (client === undefined) return
    const began = performance.now()
    try {
      const answer = await client.add({ a: n, b: 1 })
      if (answer !== n + 1)
        this.broken.add(`a call of a witness was answered ${String(answer)} in place of ${String(n + 1)}`)
    } catch (error) {
      this.broken.add(`a call of a witness: ${String(error)}`)
    }
    this.latencies.add(performance.now() - began)
  }
}
