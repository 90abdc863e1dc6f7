import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One end of a TCP connection that notes what comes. */
export interface TcpEnd {
  readonly socket: Socket
  /** One entry for each read. */
  readonly chunks: readonly Buffer[]
  /** Resolves with all that has come once it is so much. */
  received(byteLength: number): Promise<Buffer>
  /** How the other end left. */
  readonly ended: Promise<'end' | 'reset'>
}

export interface TcpTarget {
  readonly port: number
  /** The next connection that nobody has asked for yet. */
  next(): Promise<TcpEnd>
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/** A server that does nothing by itself. */
export async function createTcpTarget(): Promise<TcpTarget> {
  const ends: TcpEnd[] = []
  const waiting: ((end: TcpEnd) => void)[] = []
  const sockets = new Set<Socket>()
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    const end = toTcpEnd(socket)
    const resolve = waiting.shift()
    if (resolve === undefined) ends.push(end)
    else resolve(end)
  })
  await new Promise<void>((resolve) => {
    listener.listen(0, HOST, resolve)
  })
  return {
    port: (listener.address() as AddressInfo).port,
    next() {
      const known = ends.shift()
      return known === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(known)
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => {
        listener.close(() => {
          resolve()
        })
      })
    },
  }
}

export function connectTcp(port: number): TcpEnd {
  return toTcpEnd(connect({ port, host: HOST, allowHalfOpen: true }))
}

function toTcpEnd(socket: Socket): TcpEnd {
  const chunks: Buffer[] = []
  socket.setNoDelay(true)
  let receivedBytes = 0
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    receivedBytes += chunk.byteLength
  })
  const ended = new Promise<'end' | 'reset'>((resolve) => {
    socket.once('end', () => {
      resolve('end')
    })
    socket.once('error', () => {
      resolve('reset')
    })
  })
  return {
    socket,
    chunks,
    ended,
    received: (byteLength) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (receivedBytes < byteLength) return
          socket.off('data', look)
          resolve(Buffer.concat(chunks))
        }
        socket.on('data', look)
        look()
      }),
  }
}
