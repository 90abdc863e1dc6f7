import { type RpcStub, RpcTarget } from 'capnweb'
import { type Row, type Tick, type Todo, tableOf, tickOf, todoOf } from '../../workload.ts'

type Listener = RpcStub<(tick: Tick) => void>

const table = tableOf()
const listeners = new Set<Listener>()

export function publish(tick: Tick): void {
  // Nobody waits for what a listener answers: with the promise disposed of, nothing is sent back.
  for (const listener of listeners) listener(tick)[Symbol.dispose]()
}

/** One per connection. */
export class BenchApi extends RpcTarget {
  readonly #listeners: Listener[] = []

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

  subscribe(listener: Listener): void {
    // The one that was passed is disposed of when this call returns.
    const kept = listener.dup()
    this.#listeners.push(kept)
    listeners.add(kept)
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners) {
      listeners.delete(listener)
      listener[Symbol.dispose]()
    }
  }
}
