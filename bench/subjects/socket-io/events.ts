import type { Row, Tick, Todo } from '../../workload.ts'

export interface ClientToServerEvents {
  get(id: string, answer: (todo: Todo) => void): void
  table(answer: (rows: readonly Row[]) => void): void
  echo(bytes: Uint8Array | ArrayBuffer, answer: (bytes: Uint8Array | ArrayBuffer) => void): void
  /** The items come as `item` events of this number; the answer behind the last one. */
  stream(id: number, count: number, answer: () => void): void
  /** To the events of this name. */
  subscribe(name: 'tick' | 'rows', answer: () => void): void
}

export interface ServerToClientEvents {
  item(streamId: number, tick: Tick): void
  tick(tick: Tick): void
  rows(rows: readonly Row[]): void
}
