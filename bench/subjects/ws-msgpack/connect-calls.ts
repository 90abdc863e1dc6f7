import type { Row, Tick, Todo } from '../../workload.ts'
import { type ClientSocket, openWsClient } from '../sockets/client-socket.ts'
import type { BenchClient } from '../subject.ts'
import { type Message, type Packing, Type } from './message.ts'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** Of a stream. */
  items: number
}

/** The client of a protocol written by hand, over whatever makes bytes of its messages. */
export async function connectCalls(
  packing: Packing,
  url: string,
  open: (url: string) => Promise<ClientSocket> = openWsClient,
): Promise<BenchClient> {
  const socket = await open(url)
  const pending = new Map<number, Pending>()
  const listeners = new Map<string, (value: unknown) => void>()
  let lastId = 0
  const send = packing.createOutbox((bytes) => {
    socket.send(bytes)
  })

  function call(procedure: string, value: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      lastId++
      pending.set(lastId, { resolve, reject, items: 0 })
      send([Type.Call, lastId, procedure, value])
    })
  }

  function settle(id: number, value: unknown): void {
    pending.get(id)?.resolve(value)
    pending.delete(id)
  }

  function receive(message: Message): void {
    switch (message[0]) {
      case Type.Answer:
        settle(message[1], message[2])
        break
      case Type.Item: {
        const stream = pending.get(message[1])
        if (stream !== undefined) stream.items++
        break
      }
      case Type.End:
        settle(message[1], pending.get(message[1])?.items)
        break
      case Type.Event:
        listeners.get(message[1])?.(message[2])
        break
      case Type.Call:
    }
  }

  socket.listen({
    message(bytes) {
      for (const message of packing.unpack(bytes)) receive(message)
    },
    closed() {
      for (const { reject } of pending.values()) reject(new Error('The connection was lost'))
      pending.clear()
    },
  })

  async function subscribe<T>(name: string, listener: (value: T) => void): Promise<void> {
    listeners.set(name, (value) => {
      listener(value as T)
    })
    await call('subscribe', name)
  }

  return {
    get: (id) => call('get', { id }) as Promise<Todo>,
    table: () => call('table', null) as Promise<readonly Row[]>,
    echo: (bytes) => call('echo', bytes) as Promise<Uint8Array>,
    stream: (count) => call('stream', count) as Promise<number>,
    subscribe: (onTick) => subscribe<Tick>('tick', onTick),
    subscribeRows: (onRows) => subscribe<readonly Row[]>('rows', onRows),
    close: () => socket.close(),
  }
}
