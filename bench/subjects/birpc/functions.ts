import type { Row, Tick, Todo } from '../../workload.ts'

export type EventName = 'tick' | 'rows'

export interface ServerFunctions {
  get(id: string): Todo
  table(): readonly Row[]
  echo(bytes: Uint8Array): Uint8Array
  /** The items come as calls of `item` with this number; it answers behind the last one. */
  stream(streamId: number, count: number): Promise<void>
  subscribe(name: EventName): void
}

export interface ClientFunctions {
  item(streamId: number, tick: Tick): void
  tick(tick: Tick): void
  rows(rows: readonly Row[]): void
}
