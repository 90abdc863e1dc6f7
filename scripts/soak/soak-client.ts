import { type Client, createClient, type TransportName } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import type { Random } from '@tautline/core/io'
import { WebSocket } from 'ws'
import { activities } from './activities.ts'
import { EventOrder } from './event-order.ts'
import { ROOMS, soakApi } from './soak-api.ts'
import type { SoakBook } from './soak-book.ts'

export interface SoakClientSetup {
  readonly slot: number
  readonly url: string
  readonly random: Random
  readonly book: SoakBook
}

/** Of one client, between what it does. */
const PAUSE_MS = 1500

/** How most are connected; the others try what they are told first, and only that. */
const TRANSPORTS: readonly (readonly [TransportName, ...TransportName[]])[] = [
  ...Array.from({ length: 7 }, () => ['websocket'] as const),
  ['websocket', 'long-poll'],
  ['long-poll'],
]

/** One client that does one thing after another, with pauses, and listens meanwhile. */
export class SoakClient {
  readonly setup: SoakClientSetup
  #client: Client<typeof soakApi>
  #pastReconnects = 0
  readonly #stopped = new AbortController()

  constructor(setup: SoakClientSetup) {
    this.setup = setup
    this.#client = this.#connect()
  }

  get client(): Client<typeof soakApi> {
    return this.#client
  }

  get state(): string {
    return this.#client.$.status.state
  }

  get reconnects(): number {
    return this.#pastReconnects + this.#client.$.stats().reconnects
  }

  below(count: number): number {
    return Math.floor(this.setup.random() * count)
  }

  /** Resolves when it was told to stop and is closed. Never rejects. */
  async run(): Promise<void> {
    const { book } = this.setup
    while (!this.#stopped.signal.aborted) {
      const [name, act] = activities[this.below(activities.length)] ?? activities[0]
      try {
        await act(this)
        book.did(name)
      } catch (error) {
        // The session was lost, and said so: that is what a session that was away for too long has to say.
        const isLoss = isTautlineError(error, 'CONNECTION_LOST') || isTautlineError(error, 'GAP')
        if (isLoss) book.did('losses')
        else book.broke(`${name} of client ${String(this.setup.slot)}: ${String(error)}`)
      }
      await this.#pause(this.setup.random() * 2 * PAUSE_MS)
    }
    await this.#client.$.close()
  }

  stop(): void {
    this.#stopped.abort()
  }

  /** As a user who closes the page and opens it again. */
  async startAfresh(): Promise<void> {
    await this.#client.$.close()
    this.#pastReconnects += this.#client.$.stats().reconnects
    this.#client = this.#connect()
  }

  listen(room: number): () => void {
    const { book, slot } = this.setup
    const order = new EventOrder()
    const listening = this.#client.tick.on(
      { room },
      ({ serial }) => {
        book.did('events')
        const wrong = order.event(serial)
        if (wrong !== undefined) book.broke(`room ${String(room)} of client ${String(slot)}: ${wrong}`)
      },
      {
        onGap: () => {
          book.did('gaps')
          order.gap()
        },
      },
    )
    return () => {
      listening.off()
    }
  }

  #connect(): Client<typeof soakApi> {
    const { url, book, slot, random } = this.setup
    this.#client = createClient(soakApi, {
      url,
      WebSocket,
      transports: TRANSPORTS[slot % TRANSPORTS.length] ?? ['websocket'],
      reconnect: { baseMs: 50, maxMs: 1000 },
      random,
      onError: (error) => {
        book.broke(`fault of client ${String(slot)}: ${String(error)}`)
      },
    })
    this.listen(slot % ROOMS)
    this.#watchCursor()
    return this.#client
  }

  #watchCursor(): void {
    const { book, slot } = this.setup
    let last = 0
    this.#client.cursor.on(({ serial }) => {
      book.did('volatile events')
      if (serial <= last) book.broke(`cursor ${String(serial)} of client ${String(slot)} came behind ${String(last)}`)
      last = serial
    })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms)
      const { signal } = this.#stopped
      function finish(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      signal.addEventListener('abort', finish)
      if (signal.aborted) finish()
    })
  }
}
