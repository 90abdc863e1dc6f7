/**
 * Many clients in one process, each with a call now and then, and some with a subscription that can resume.
 *
 * Owns: who calls when, and what came of it. Must not know: servers, what happens to them.
 */
import { type Client, type ClientState, createClient, type ItemStream } from '@tautline/client'
import { WebSocket } from 'ws'
import { faultApi } from './fault-api.ts'

export interface FleetOptions {
  readonly url: string
  readonly size: number
  /** Of the first call; the next ones count up, over all clients. */
  readonly firstNumber: number
}

export interface FleetReport {
  /** That were made; all of them are settled. */
  readonly calls: number
  /** Those that were not answered as they should have been. */
  readonly failures: readonly string[]
  /** Items of subscriptions, and what was wrong with them. */
  readonly items: number
  readonly holes: readonly string[]
  /** How often clients were in other states than `connected`, once all were. */
  readonly otherStates: Readonly<Partial<Record<ClientState, number>>>
  /** How many are connected in the end, and over what. */
  readonly transports: Readonly<Record<string, number>>
}

interface Member {
  readonly client: Client<typeof faultApi>
  readonly subscription: Subscription | undefined
}

interface Subscription {
  readonly stream: ItemStream<number, unknown>
  last: number
  state: 'idle' | 'reading'
}

/** Of one client. */
const CALL_EVERY_MS = 4000
const TICK_MS = 20
/** Clients that connect at the same time, until the first of them is through. */
const CONNECTING = 20
const SUBSCRIBES_EACH = 10
/** Never read to its end. */
const MANY = 1_000_000

export class Fleet {
  readonly #options: FleetOptions
  readonly #members: Member[] = []
  readonly #pending = new Set<Promise<unknown>>()
  readonly #failures: string[] = []
  readonly #holes: string[] = []
  readonly #otherStates: Partial<Record<ClientState, number>> = {}
  #calls = 0
  #items = 0
  #traffic: { readonly began: number; readonly timer: NodeJS.Timeout } | undefined

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Resolves when all are connected, and their traffic begins. */
  async muster(): Promise<void> {
    await Promise.all(Array.from({ length: CONNECTING }, () => this.#muster()))
    const timer = setInterval(() => {
      this.#tick()
    }, TICK_MS)
    this.#traffic = { began: performance.now(), timer }
  }

  /** Makes no more calls. Resolves when all are settled and every client is closed. */
  async disband(): Promise<FleetReport> {
    clearInterval(this.#traffic?.timer)
    this.#traffic = undefined
    await Promise.all(this.#pending)
    const transports: Record<string, number> = {}
    for (const { client } of this.#members) {
      const { state, transport } = client.$.status
      const key = state === 'connected' ? String(transport) : state
      transports[key] = (transports[key] ?? 0) + 1
    }
    await Promise.all(this.#members.map(({ client }) => client.$.close()))
    return {
      calls: this.#calls,
      failures: this.#failures,
      items: this.#items,
      holes: this.#holes,
      otherStates: this.#otherStates,
      transports,
    }
  }

  async #muster(): Promise<void> {
    while (this.#members.length < this.#options.size) {
      const client = this.#createClient()
      const stream = this.#members.length % SUBSCRIBES_EACH === 0 ? client.resumableCount({ to: MANY }) : undefined
      const subscription: Subscription | undefined = stream && { stream, last: 0, state: 'idle' }
      this.#members.push({ client, subscription })
      await client.$.connected()
    }
  }

  #createClient(): Client<typeof faultApi> {
    return createClient(faultApi, {
      url: this.#options.url,
      WebSocket,
      onStatus: ({ state }) => {
        if (this.#traffic === undefined || state === 'connected') return
        this.#otherStates[state] = (this.#otherStates[state] ?? 0) + 1
      },
    })
  }

  /** Makes the calls that are due, spread over the clients and over time. */
  #tick(): void {
    const { began } = this.#traffic ?? { began: performance.now() }
    const due = ((performance.now() - began) * this.#options.size) / CALL_EVERY_MS
    while (this.#calls < due) {
      const member = this.#members[this.#calls % this.#members.length]
      if (member === undefined) return
      this.#settle(this.#call(member, this.#options.firstNumber + this.#calls))
      this.#calls += 1
      if (member.subscription?.state === 'idle') this.#settle(this.#read(member.subscription))
    }
  }

  #settle(task: Promise<void>): void {
    this.#pending.add(task)
    void task.then(() => this.#pending.delete(task))
  }

  async #call({ client }: Member, n: number): Promise<void> {
    try {
      const answer = await client.run({ load: 'fleet', n, turns: n % 3 })
      if (answer !== n) this.#failures.push(`call ${String(n)} was answered ${String(answer)}`)
    } catch (error) {
      this.#failures.push(`call ${String(n)}: ${String(error)}`)
    }
  }

  async #read(subscription: Subscription): Promise<void> {
    subscription.state = 'reading'
    try {
      const { value } = await subscription.stream.next()
      this.#items += 1
      if (value !== subscription.last + 1) this.#holes.push(`${String(value)} came behind ${String(subscription.last)}`)
      if (typeof value === 'number') subscription.last = value
      subscription.state = 'idle'
    } catch (error) {
      this.#holes.push(`behind ${String(subscription.last)}: ${String(error)}`)
    }
  }
}
