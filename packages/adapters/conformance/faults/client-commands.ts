import type { ClientState } from '@tautline/client'
import type { FleetOptions, FleetReport } from './fleet.ts'
import type { Verdict } from './ledger.ts'

/** What a client process is asked, one JSON line each. Each command is answered when it is done, in any order. */
export interface ClientCommands {
  /** Opens numbered lines with 1,000 items in each of their streams. Each is its own load, by its name. */
  open(request: { readonly names: readonly string[]; readonly url: string; readonly streams: number }): undefined
  call(request: { readonly name: string; readonly n: number }): undefined
  take(request: { readonly name: string; readonly stream: number }): undefined
  finish(request: { readonly name: string }): Verdict
  /** Lets nothing else run in the process for so long, once what was asked before has left. */
  spin(request: { readonly ms: number }): undefined
  /** Has the server of a line spin. */
  spinServer(request: { readonly name: string; readonly ms: number }): undefined
  /** Runs a number of the load of another line. */
  poke(request: { readonly name: string; readonly load: string; readonly n: number }): undefined
  /** How often they have connected again, all together. */
  reconnects(request: { readonly names: readonly string[] }): number
  /** Connections that the server of a line has lost so far. */
  disconnections(request: { readonly name: string }): number
  /** Connects many clients, which then have traffic. One fleet in a process. */
  muster(request: FleetOptions): undefined
  /** Ends them, once all they have asked for is there. */
  disband(request: Readonly<Record<string, never>>): FleetReport
}

export type ClientCommand = keyof ClientCommands

/** What a client process says, one JSON line each. */
export type ClientMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: string }
  | { readonly type: 'status'; readonly name: string; readonly state: ClientState }
