/** The servers of a schedule: which of them takes connections, and what becomes of the others. */
import type { FaultStep } from './schedule.ts'
import type { SimulatedClient } from './simulated-client.ts'
import { SimulatedServer } from './simulated-server.ts'
import type { World } from './world.ts'

const KINDS = ['websocket', 'long-poll'] as const

export class Servers {
  readonly #world: World
  readonly #clients: readonly SimulatedClient[]
  readonly #all: SimulatedServer[] = []
  #current: SimulatedServer

  constructor(world: World, clients: readonly SimulatedClient[]) {
    this.#world = world
    this.#clients = clients
    this.#current = this.#start()
  }

  /** The one that new connections come to. */
  get current(): SimulatedServer {
    return this.#current
  }

  get all(): readonly SimulatedServer[] {
    return this.#all
  }

  /** It dies with all it knows. Another one is there after a while. */
  restart({ downMs, how }: Extract<FaultStep, { readonly type: 'restart' }>): void {
    const { clock } = this.#world
    const dead = this.#current
    if (dead.process.isDead) return
    dead.die()
    for (const { links, networks } of this.#clients) {
      for (const link of links) {
        if (how === 'cut') link.cut()
        else link.silence('both')
        link.serverEnd.abort?.()
      }
      for (const network of networks) network.setReachable('refused')
    }
    clock.schedule(clock.now() + downMs, () => {
      if (this.#current === dead) this.replace()
    })
  }

  /** It goes in good order, and another one takes its place before. */
  drain(drainMs: number): void {
    const { referee, book } = this.#world
    const old = this.#current
    this.replace()
    // Nobody finds the way back to it, though it may sleep and not know.
    book.serverGoes(old.id)
    old.process.run(() => {
      old.close(drainMs).catch((error: unknown) => referee.accuse('fault', `a drain failed: ${String(error)}`))
    })
  }

  replace(): void {
    this.#current = this.#start()
    for (const { networks } of this.#clients) for (const network of networks) network.setReachable('open')
  }

  #start(): SimulatedServer {
    const server = new SimulatedServer(this.#world, this.#all.length + 1)
    this.#all.push(server)
    for (const { networks } of this.#clients) {
      for (const [index, network] of networks.entries()) server.serveOn(network, KINDS[index] ?? 'websocket')
    }
    return server
  }
}
