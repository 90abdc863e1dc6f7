import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'

export interface SlowProxy {
  /** Address of the server, through here. */
  readonly url: string
  close(): Promise<void>
}

/**
 * A line that brings what a server sends at so many bytes per millisecond, because it reads no faster: what it has not read
 * stays with the server, as with any reader that is slow.
 */
export async function createSlowProxy(serverUrl: string, bytesPerMs: number): Promise<SlowProxy> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const upstream = connectTcp(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      client.write(chunk)
      upstream.pause()
      setTimeout(() => upstream.resume(), chunk.byteLength / bytesPerMs)
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  return {
    url: Object.assign(new URL(target), { host: `127.0.0.1:${String(port)}` }).href,
    async close() {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
