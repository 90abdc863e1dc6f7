import { rowsOf, tickOf } from '../../workload.ts'
import type { BareSocket } from '../sockets/bare-socket.ts'
import { listenBare } from '../sockets/listen.ts'
import { sendPaced } from '../sockets/paced-items.ts'
import type { BenchServer, ServerOptions } from '../subject.ts'
import { Kind, prepare, prepareAnswers } from './prepared.ts'

/** Publishes the same event each time, whatever it is asked to publish. */
export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const answers = prepareAnswers()
  const tick = prepare(Kind.SubscribeTick, tickOf(50_000))
  const rows = prepare(Kind.SubscribeRows, rowsOf(1))
  const end = prepare(Kind.End)
  const subscribers = { tick: new Set<BareSocket>(), rows: new Set<BareSocket>() }

  async function stream(socket: BareSocket, count: number): Promise<void> {
    await sendPaced(socket, count, () => {
      socket.send(answers.item)
    })
    socket.send(end)
  }

  function receive(bytes: Uint8Array, socket: BareSocket): void {
    const [kind = Number.NaN] = bytes
    switch (kind) {
      case Kind.Get:
        socket.send(answers.todo)
        break
      case Kind.Table:
        socket.send(answers.table)
        break
      case Kind.Echo:
        socket.send(bytes)
        break
      case Kind.Stream:
        void stream(socket, new DataView(bytes.buffer, bytes.byteOffset).getUint32(1))
        break
      case Kind.SubscribeTick:
        subscribers.tick.add(socket)
        socket.send(end)
        break
      case Kind.SubscribeRows:
        subscribers.rows.add(socket)
        socket.send(end)
        break
      default:
        throw new Error(`Expected a kind of message, got \`${String(kind)}\``)
    }
  }

  const { port, stop } = await listenBare(
    (socket) => ({
      message(bytes) {
        receive(bytes, socket)
      },
      closed() {
        subscribers.tick.delete(socket)
        subscribers.rows.delete(socket)
      },
    }),
    options,
  )
  return {
    port,
    stop,
    publish() {
      for (const socket of subscribers.tick) socket.send(tick)
    },
    publishRows() {
      for (const socket of subscribers.rows) socket.send(rows)
    },
  }
}
