import type { Socket } from 'node:net'
import { Lane } from './lane.ts'
import { createByteReader, createFrameReader } from './stream-reader.ts'
import type { TimerSet } from './timer-set.ts'

export interface ProxiedConnectionOptions {
  readonly index: number
  readonly client: Socket
  readonly server: Socket
  readonly timers: TimerSet
  readonly reads: 'frames' | 'bytes'
}

/** A client's connection and the one to the target behind it. */
export class ProxiedConnection {
  /** 0 for the first that the proxy forwarded. */
  readonly index: number
  /** From the client to the server. */
  readonly up: Lane
  /** From the server to the client. */
  readonly down: Lane
  /** Resolves when both sockets are gone. */
  readonly closed: Promise<void>
  readonly #client: Socket
  readonly #server: Socket
  readonly #timers: TimerSet

  constructor({ index, client, server, timers, reads }: ProxiedConnectionOptions) {
    this.index = index
    this.#client = client
    this.#server = server
    this.#timers = timers
    const createReader = reads === 'frames' ? createFrameReader : createByteReader
    const onReset = (): void => {
      this.reset()
    }
    this.up = new Lane({ source: client, sink: server, reader: createReader(), timers, onReset })
    this.down = new Lane({ source: server, sink: client, reader: createReader(), timers, onReset })
    const clientClosed = watch(client, this.up, this.down)
    const serverClosed = watch(server, this.down, this.up)
    this.closed = Promise.all([clientClosed, serverClosed]).then(() => undefined)
  }

  /** RST: to both, or to one, and then the other is told nothing. */
  reset(side: 'both' | 'client' | 'server' = 'both'): void {
    if (side !== 'both') {
      this.up.drop()
      this.down.drop()
    }
    if (side !== 'server') this.#client.resetAndDestroy()
    if (side !== 'client') this.#server.resetAndDestroy()
  }

  /** Runs `task` when the connection is so old, if it lives so long. */
  afterMs(delayMs: number, task: () => void): void {
    const cancel = this.#timers.after(delayMs, task)
    void this.closed.then(cancel)
  }
}

/** A socket that is lost takes the other one with it, unless the way from it to there is stalled or dropped. */
function watch(socket: Socket, from: Lane, to: Lane): Promise<void> {
  socket.setNoDelay(true)
  // What went wrong does not matter: `close` follows.
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.once('close', (hadError) => {
      if (hadError) from.sourceReset()
      to.stop()
      resolve()
    })
  })
}
