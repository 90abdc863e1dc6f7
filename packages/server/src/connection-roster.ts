/**
 * The connections of a server: all of them, accepted or not, with a socket or without.
 *
 * Owns: which there are, and what they come to together, those that are gone included where that counts. Must not know: when one
 * has to go.
 */
import type { ServerConnection } from './connection.ts'
import type { ServerTraffic, Traffic } from './server-types.ts'

const NO_TRAFFIC: ServerTraffic = { received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } }

export class ConnectionRoster {
  readonly #all = new Set<ServerConnection>()
  readonly #accepted = new Set<ServerConnection>()
  /** Of connections that are gone. */
  #pastTraffic = NO_TRAFFIC

  get all(): ReadonlySet<ServerConnection> {
    return this.#all
  }

  /** Those whose client is accepted, for as long as its session lives. */
  get accepted(): ReadonlySet<ServerConnection> {
    return this.#accepted
  }

  add(connection: ServerConnection): void {
    this.#all.add(connection)
  }

  accept(connection: ServerConnection): void {
    this.#accepted.add(connection)
  }

  /** Its session is over. Returns whether its client was accepted. */
  lose(connection: ServerConnection): boolean {
    return this.#accepted.delete(connection)
  }

  /** Nothing is left of it. */
  remove(connection: ServerConnection): void {
    if (this.#all.delete(connection)) this.#pastTraffic = addTraffic(this.#pastTraffic, connection.traffic)
  }

  /** Everything that runs for clients. */
  get running(): number {
    return this.#sum((connection) => connection.running)
  }

  /** Calls to clients that are not answered. */
  get outgoing(): number {
    return this.#sum((connection) => connection.outgoing)
  }

  /** Calls that a drain waits for. */
  get unfinished(): number {
    return this.#sum((connection) => connection.unfinished)
  }

  /** Since the server was created. */
  get traffic(): ServerTraffic {
    return Array.from(this.#all).reduce((sum, { traffic }) => addTraffic(sum, traffic), this.#pastTraffic)
  }

  #sum(count: (connection: ServerConnection) => number): number {
    let sum = 0
    for (const connection of this.#all) sum += count(connection)
    return sum
  }
}

function addTraffic(one: ServerTraffic, other: ServerTraffic): ServerTraffic {
  const add = (a: Traffic, b: Traffic): Traffic => ({ messages: a.messages + b.messages, bytes: a.bytes + b.bytes })
  return { received: add(one.received, other.received), sent: add(one.sent, other.sent) }
}
