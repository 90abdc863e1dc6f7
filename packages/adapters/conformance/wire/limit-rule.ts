import type { HandClient, plainHello } from '../hand-client.ts'

/** `served`: answered as it should be. Otherwise the code of an ERROR, or of the close frame. */
export type LimitOutcome = 'served' | 'LIMIT_EXCEEDED' | 'OVERLOADED' | `closed ${number}`

export interface LimitClients {
  /** Connected, HELLO not said yet. */
  open(): Promise<HandClient>
  /** HELLO said and WELCOME heard. */
  greet(hello?: Partial<typeof plainHello>): Promise<HandClient>
}

export interface LimitRule {
  readonly name: string
  /** The most that is served. */
  readonly limit: number
  /** What one more brings. */
  readonly past: LimitOutcome
  /** Sends so much, and tells what came of it. */
  send(clients: LimitClients, amount: number): Promise<LimitOutcome>
}

export const closedWith = (code: number): LimitOutcome => `closed ${code}`
