/** Listeners of a simulated client: each event of a server once and in order, and none left out without a word. */

import type { Listening } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import type { ClientBench } from './client-bench.ts'
import { checkPad } from './handlers.ts'
import type { SimulatedServer } from './simulated-server.ts'

export class ClientTopics {
  readonly #bench: ClientBench
  readonly #listening = new Map<number, Ears>()

  constructor(bench: ClientBench) {
    this.#bench = bench
  }

  listen(topic: number, forMs: number | undefined): void {
    const { process, world, name } = this.#bench
    if (this.#listening.has(topic)) return
    const ears = new Ears(this.#bench, topic)
    this.#listening.set(topic, ears)
    if (forMs === undefined) return
    process.clock.schedule(process.clock.now() + forMs, () => {
      world.referee.note(name, `listens to topic ${topic} no longer`)
      this.#listening.delete(topic)
      ears.off()
    })
  }

  hasHeard(server: SimulatedServer): boolean {
    return Array.from(this.#listening.values()).every((ears) => ears.hasHeard(server))
  }

  /** All that was published has had the time to arrive. */
  judge(server: SimulatedServer): void {
    for (const ears of this.#listening.values()) ears.judge(server)
  }
}

class Ears {
  readonly #bench: ClientBench
  readonly #topic: number
  /** Of each server, the last event heard. */
  readonly #last = new Map<number, number>()
  readonly #began: number
  #gaps: 'none' | 'told' = 'none'
  #state: 'listening' | 'off' | 'refused' = 'listening'
  #listening: Listening

  constructor(bench: ClientBench, topic: number) {
    const { client, world, name } = bench
    this.#bench = bench
    this.#topic = topic
    this.#began = world.clock.now()
    this.#listening = client.tick.on({ topic }, (event) => this.#hear(event), {
      onGap: () => {
        world.referee.note(name, `topic ${topic}: gap`)
        this.#onGap()
      },
    })
    this.#listening.ready.then(
      () => world.referee.note(name, `topic ${topic}: accepted`),
      (error: unknown) => this.#refused(error),
    )
  }

  off(): void {
    this.#state = 'off'
    this.#listening.off()
  }

  hasHeard(server: SimulatedServer): boolean {
    return this.#state !== 'listening' || this.#lastOf(server) === server.published(this.#topic)
  }

  judge(server: SimulatedServer): void {
    const { name, world, id } = this.#bench
    if (!this.hasHeard(server)) {
      const [last, published] = [this.#lastOf(server), server.published(this.#topic)]
      world.referee.accuse(
        'I1',
        `client ${id} heard ${last} of ${published} events of topic ${this.#topic} (${name}, ${server.name})`,
      )
    }
  }

  #lastOf(server: SimulatedServer): number {
    return this.#last.get(server.id) ?? 0
  }

  #hear(event: { readonly server: number; readonly n: number; readonly pad: Uint8Array }): void {
    const { world, name } = this.#bench
    const { server, n } = event
    const what = `event ${n} of topic ${this.#topic} from server ${server}`
    const last = this.#last.get(server)
    this.#last.set(server, n)
    checkPad(world.referee, event)
    if (this.#state === 'off') world.referee.accuse('I1', `${what} came to ${name} after it had stopped listening`)
    // Where one begins to listen, and behind a gap, any event may be the first.
    if (last === undefined || n === last + 1) return
    if (n > last && this.#gaps === 'told') return
    world.referee.accuse('I1', `${what} came to ${name} after ${last}`)
  }

  #onGap(): void {
    const { world, id } = this.#bench
    this.#gaps = 'told'
    if (!world.book.hasLost(id, this.#began))
      world.referee.accuse('session lost', `topic ${this.#topic} of client ${id} was told of a gap`)
  }

  #refused(error: unknown): void {
    const { world, id, name } = this.#bench
    const { book, referee, setup } = world
    const code = isTautlineError(error) ? error.code : String(error)
    const isOver = this.#state === 'off' || book.isClosed(id) || book.wasBanned(id)
    const isFull = (code === 'QUEUE_FULL' && setup.queuedCalls < 100) || (code === 'OVERLOADED' && setup.places < 100)
    this.#state = 'refused'
    if (!isOver && !isFull) referee.accuse('fault', `topic ${this.#topic} of ${name} was refused with ${code}`)
  }
}
