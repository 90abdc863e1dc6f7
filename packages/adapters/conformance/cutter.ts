import type { ServerSocket, SocketAcceptor } from '@tautline/server'

/** Stands between an adapter and a server, so that a test can cut a client's sockets as a network would. */
export interface Cutter {
  /** Cuts the sockets of the clients that connected with `?client=` of this name. */
  cut(client: string): void
  wrap(server: SocketAcceptor): SocketAcceptor
}

export function createCutter(): Cutter {
  const sockets = new Map<ServerSocket, string | null>()
  return {
    cut(client) {
      for (const [socket, name] of sockets) if (name === client) socket.terminate()
    },
    wrap: (server) => ({
      subprotocol: server.subprotocol,
      maxMessageBytes: server.maxMessageBytes,
      decideUpgrade: (request) => server.decideUpgrade(request),
      close: (options) => server.close(options),
      accept(socket, request) {
        const listener = server.accept(socket, request)
        sockets.set(socket, request.url.searchParams.get('client'))
        return {
          message: (data) => {
            listener.message(data)
          },
          textMessage: () => {
            listener.textMessage()
          },
          drained: () => {
            listener.drained()
          },
          closed: (code, reason) => {
            sockets.delete(socket)
            listener.closed(code, reason)
          },
        }
      },
    }),
  }
}
