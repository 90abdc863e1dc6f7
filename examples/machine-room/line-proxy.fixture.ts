// What lies between a page and its server, and fails as networks and proxies do.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pipeline, Transform } from 'node:stream'

export interface LineProxy {
  /** The page's address by this way. */
  readonly url: string
  /** `refuse` as proxies do that know none; those that are open stay. */
  webSockets: 'pass' | 'refuse'
  /** Lets so many bytes more up over WebSockets, then holds the line still. Resolves then. */
  hold(afterBytes: number): Promise<void>
  /** Ends all WebSockets without a word. New ones are not held. */
  cut(): void
  close(): Promise<void>
}

interface Hold {
  leftBytes: number
  readonly reached: PromiseWithResolvers<void>
}

/** @param target whose page it is; may go and come back meanwhile */
export async function openLineProxy(target: string): Promise<LineProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let hold: Hold | undefined

  const forward = (asked: IncomingMessage, answer: ServerResponse): void => {
    const { method, url, headers } = asked
    const onward = request({ hostname, port, method, path: url, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      pipeline(given, answer, () => {})
    })
    onward.once('error', () => {
      if (answer.headersSent) answer.destroy()
      else answer.writeHead(502).end()
    })
    answer.once('close', () => void onward.destroy())
    asked.pipe(onward)
  }

  /** Never calls back while the line is held: what came behind waits in the socket, as it would on a still network. */
  const meter = (): Transform =>
    new Transform({
      transform(bytes: Uint8Array, _, done) {
        if (hold === undefined) {
          done(null, bytes)
          return
        }
        hold.leftBytes -= bytes.length
        if (hold.leftBytes > 0) done(null, bytes)
        else hold.reached.resolve()
      },
    })

  const proxy = createServer(forward)
  proxy.on('upgrade', ({ method, url, rawHeaders }: IncomingMessage, page: Socket, head: Buffer) => {
    if (proxied.webSockets === 'refuse') {
      page.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\n\r\n')
      return
    }
    const server = connect(Number(port), hostname)
    sockets.add(page)
    page.once('close', () => void sockets.delete(page))
    const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
    server.write(`${String(method)} ${String(url)} HTTP/1.1\r\n${headers}\r\n`)
    server.write(head)
    // When one of them ends, all do.
    pipeline(page, meter(), server, page, () => {})
  })
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve)
  })

  const proxied: LineProxy = {
    url: `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}/`,
    webSockets: 'pass',
    hold(afterBytes) {
      hold = { leftBytes: afterBytes, reached: Promise.withResolvers() }
      return hold.reached.promise
    },
    cut() {
      hold = undefined
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      const closed = new Promise((resolve) => {
        proxy.close(resolve)
      })
      proxied.cut()
      proxy.closeAllConnections()
      await closed
    },
  }
  return proxied
}
