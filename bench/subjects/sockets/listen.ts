import type { BareListen } from './bare-socket.ts'

/** Listens with the bare sockets of the runtime that this is, so that each is measured against its own. */
export const listenBare: BareListen = async (accept, options) => {
  if ('Bun' in globalThis) return (await import('./listen-bun.ts')).listenBun(accept, options)
  return (await import('./listen-ws.ts')).listenWs(accept, options)
}
