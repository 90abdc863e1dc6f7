/** What the processes of a measurement are told to do, and what they answer. Each order is one line of JSON, each answer too. */
import type { Usage } from './usage.ts'

export type Operation = 'get' | 'table' | 'echo' | 'stream'
export type EventName = 'tick' | 'rows'

interface ServerUsage extends Usage {
  /** Only on Node: other runtimes tell neither what sockets carry nor what they compress. */
  readonly wire?: { readonly received: number; readonly sent: number; readonly deflates: number }
}

export interface ServerOrders {
  usage: { readonly give: { readonly collectGarbage?: boolean }; readonly get: ServerUsage }
  /** For those that are started as reserves: listens now. */
  listen: { readonly give: { readonly port: number }; readonly get: { readonly port: number; readonly at: number } }
  publish: { readonly give: { readonly event: EventName; readonly number: number }; readonly get: null }
}

export interface LoadOrder {
  readonly operation: Operation
  /** At most so many; fewer where `forMs` is over before. */
  readonly operations: number
  /** No operation begins later. @default Infinity */
  readonly forMs?: number
  /** Under way at the same time, over all connections together. */
  readonly inFlight: number
  /** `fixed`: each of those in flight keeps to one connection. `rotating`: each operation goes over the next one. @default 'fixed' */
  readonly connections?: 'fixed' | 'rotating'
  /** Bytes of an echo, items of a stream. */
  readonly size?: number
}

export interface LoadOutcome {
  /** How many there were. */
  readonly operations: number
  readonly cpuUs: number
  readonly wallMs: number
  /** Of single operations. */
  readonly p50Us: number
  readonly p99Us: number
}

export interface ClientOrders {
  /** Opens so many more, each with a first call answered. */
  open: { readonly give: { readonly count: number }; readonly get: null }
  closeAll: { readonly give: object; readonly get: null }
  load: { readonly give: LoadOrder; readonly get: LoadOutcome }
  /** Connects, calls once and closes, again and again. */
  cold: { readonly give: { readonly count: number }; readonly get: LoadOutcome }
  /** Subscribes with every connection that is open. */
  subscribe: { readonly give: { readonly event: EventName }; readonly get: null }
  /** Waits until so many events have come since `subscribe`, over all connections together. */
  delivered: { readonly give: { readonly atLeast: number }; readonly get: { readonly cpuUs: number } }
  /** Calls with every connection until it is answered, and tells when each was: milliseconds since 1970, ascending. */
  recover: { readonly give: object; readonly get: { readonly answeredAt: readonly number[] } }
}

export type OrderName<Orders> = Extract<keyof Orders, string>
export type Given<Orders, Name extends keyof Orders> = Orders[Name] extends { readonly give: infer G } ? G : never
export type Got<Orders, Name extends keyof Orders> = Orders[Name] extends { readonly get: infer G } ? G : never

export type Handlers<Orders> = {
  readonly [Name in keyof Orders]: (given: Given<Orders, Name>) => Promise<Got<Orders, Name>> | Got<Orders, Name>
}

/** Marks lines of ours among whatever a library prints. */
export const LINE_MARK = '@bench '

export interface OrderLine {
  readonly id: number
  readonly name: string
  readonly given: unknown
}

export type AnswerLine =
  | { readonly id: number; readonly got: unknown }
  | { readonly id: number; readonly failure: string }
  /** Before any order: all is loaded. */
  | { readonly id: 0; readonly got: unknown }
