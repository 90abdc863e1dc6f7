import { type Row, type Tick, tableOf, tickOf, todoOf } from '../../workload.ts'
import type { BareListen, BareSocket } from '../sockets/bare-socket.ts'
import { listenBare } from '../sockets/listen.ts'
import { sendPaced } from '../sockets/paced-items.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { type Message, type Packing, Type } from './message.ts'

interface Caller {
  readonly socket: BareSocket
  readonly send: (message: Message) => void
}

/** The server of a protocol written by hand, over whatever makes bytes of its messages. */
export async function serveCalls(
  packing: Packing,
  options: ServerOptions,
  listen: BareListen = listenBare,
): Promise<BenchServer> {
  const table = tableOf()
  const subscribers = { tick: new Set<BareSocket>(), rows: new Set<BareSocket>() }

  function answer(procedure: string, value: unknown, { socket }: Caller): unknown {
    switch (procedure) {
      case 'get':
        return todoOf((value as { readonly id: string }).id)
      case 'table':
        return table
      case 'echo':
        return value
      case 'subscribe':
        subscribers[value as keyof typeof subscribers].add(socket)
        return null
      default:
        throw new Error(`Expected a procedure, got \`${procedure}\``)
    }
  }

  async function stream(id: number, count: number, { socket, send }: Caller): Promise<void> {
    await sendPaced(socket, count, (n) => {
      send([Type.Item, id, tickOf(n)])
    })
    send([Type.End, id])
  }

  function receive(message: Message, caller: Caller): void {
    if (message[0] !== Type.Call) return
    const [, id, procedure, value] = message
    if (procedure === 'stream') void stream(id, value as number, caller)
    else caller.send([Type.Answer, id, answer(procedure, value, caller)])
  }

  function publish(name: keyof typeof subscribers, value: Tick | readonly Row[]): void {
    const bytes = packing.pack([Type.Event, name, value])
    for (const socket of subscribers[name]) socket.send(bytes)
  }

  const { port, stop } = await listen((socket) => {
    const caller: Caller = {
      socket,
      send: packing.createOutbox((bytes) => {
        socket.send(bytes)
      }),
    }
    return {
      message(bytes) {
        for (const message of packing.unpack(bytes)) receive(message, caller)
      },
      closed() {
        subscribers.tick.delete(socket)
        subscribers.rows.delete(socket)
      },
    }
  }, options)
  return {
    port,
    stop,
    publish(tick) {
      publish('tick', tick)
    },
    publishRows(rows) {
      publish('rows', rows)
    },
  }
}
