import { type RpcStub, RpcTarget } from 'capnweb'
import { type Row, type Tick, type Todo, tableOf, tickOf, todoOf } from '../../workload.ts'

type TickListener = RpcStub<(tick: Tick) => void>
type RowsListener = RpcStub<(rows: Row[]) => void>

const table = tableOf()
const tickListeners = new Set<TickListener>()
const rowsListeners = new Set<RowsListener>()

/*
 * Nobody waits for what a listener answers: with the promise disposed of, nothing is sent back. A promise that is left
 * alone costs one message less, and is kept at both ends for as long as the connection lives.
 */
export function publish(tick: Tick): void {
  for (const listener of tickListeners) listener(tick)[Symbol.dispose]()
}

export function publishRows(rows: readonly Row[]): void {
  const sent = [...rows]
  for (const listener of rowsListeners) listener(sent)[Symbol.dispose]()
}

/** One per connection. */
export class BenchApi extends RpcTarget {
  #leave: (() => void)[] = []

  get(id: string): Todo {
    return todoOf(id)
  }

  table(): Row[] {
    return table
  }

  echo(bytes: Uint8Array): Uint8Array {
    return bytes
  }

  stream(count: number): ReadableStream<Tick> {
    let n = 0
    return new ReadableStream<Tick>({
      pull(controller) {
        if (n === count) {
          controller.close()
          return
        }
        controller.enqueue(tickOf(n))
        n += 1
      },
    })
  }

  // The stub that is passed is disposed of when the call returns: what is kept is another.

  subscribe(listener: TickListener): void {
    this.#keep(listener.dup(), tickListeners)
  }

  subscribeRows(listener: RowsListener): void {
    this.#keep(listener.dup(), rowsListeners)
  }

  #keep<Listener extends Disposable>(listener: Listener, among: Set<Listener>): void {
    among.add(listener)
    this.#leave.push(() => {
      among.delete(listener)
      listener[Symbol.dispose]()
    })
  }

  [Symbol.dispose](): void {
    for (const leave of this.#leave) leave()
    this.#leave = []
  }
}
