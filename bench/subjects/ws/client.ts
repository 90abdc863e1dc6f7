import { rowsOf, tableOf, tickOf, todoOf } from '../../workload.ts'
import { closeSocket, openSocket } from '../sockets/open-socket.ts'
import type { BenchClient } from '../subject.ts'
import { Kind, prepare, SAMPLE_ID } from './prepared.ts'

interface Waiting {
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** Gives values that it has made itself: what came was only counted. */
export async function connect(url: string): Promise<BenchClient> {
  const socket = await openSocket(url)
  const waiting: Waiting[] = []
  let next = 0
  let items = 0
  let [onTick, onRows] = [(): void => {}, (): void => {}]
  const get = prepare(Kind.Get, { id: SAMPLE_ID })
  const getTable = prepare(Kind.Table, null)
  const [todo, table, tick, rows] = [todoOf(SAMPLE_ID), tableOf(), tickOf(50_000), rowsOf(1)]

  function ask(message: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      socket.send(message)
    })
  }

  socket.on('message', (bytes: Buffer) => {
    const [kind] = bytes
    if (kind === Kind.Stream) items++
    else if (kind === Kind.SubscribeTick) onTick()
    else if (kind === Kind.SubscribeRows) onRows()
    else {
      waiting[next++]?.resolve(bytes)
      // An array that is shifted at each answer is copied when it is long.
      if (next === waiting.length) waiting.length = next = 0
    }
  })
  socket.on('close', () => {
    for (const { reject } of waiting.splice(0).slice(next)) reject(new Error('The connection was lost'))
    next = 0
  })

  return {
    get: async () => {
      await ask(get)
      return todo
    },
    table: async () => {
      await ask(getTable)
      return table
    },
    echo: async (bytes) => {
      const message = new Uint8Array(1 + bytes.length)
      message[0] = Kind.Echo
      message.set(bytes, 1)
      return (await ask(message)).subarray(1)
    },
    stream: async (count) => {
      items = 0
      const message = new Uint8Array(5)
      message[0] = Kind.Stream
      new DataView(message.buffer).setUint32(1, count)
      await ask(message)
      return items
    },
    subscribe: async (listener) => {
      onTick = () => {
        listener(tick)
      }
      await ask(prepare(Kind.SubscribeTick))
    },
    subscribeRows: async (listener) => {
      onRows = () => {
        listener(rows)
      }
      await ask(prepare(Kind.SubscribeRows))
    },
    close: () => closeSocket(socket),
  }
}
