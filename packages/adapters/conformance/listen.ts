import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SocketAcceptor } from '@tautline/server'
import { type DenoHandler, denoHandler } from '../src/deno/deno-handler.ts'
import { attach } from '../src/node/attach.ts'
import type { FetchHandler, Serving } from '../src/serving.ts'
import { testCertificate } from '../src/test-certificate.fixture.ts'
import type { ServerKind } from './capabilities.ts'

export interface ListenOptions {
  readonly port?: number
  readonly tls?: boolean
  readonly perMessageDeflate?: boolean
  readonly fetch?: FetchHandler
}

const HOST = '127.0.0.1'
const PATH = '/rpc'

/** Each loads where it runs, and not elsewhere. */
const adapters = {
  node: () => import('../src/node/index.ts'),
  bun: () => import('../src/bun/index.ts'),
  deno: () => import('../src/deno/index.ts'),
}

/** Listens in the way of the given kind. */
export async function listen(kind: ServerKind, server: SocketAcceptor, options: ListenOptions): Promise<Serving> {
  const { tls, ...rest } = options
  const address = { port: 0, host: HOST, path: PATH, ...rest, ...(tls === true ? { tls: testCertificate } : {}) }
  if (kind === 'deno-serve') return listenOnDenoServe(server, options)
  const { serve } = await adapters[kind]()
  return serve(server, address)
}

interface DenoListener {
  readonly addr: { readonly port: number }
  shutdown(): Promise<void>
}

interface DenoServe {
  serve(options: Readonly<Record<string, unknown>>, handler: DenoHandler): DenoListener
}

function listenOnDenoServe(server: SocketAcceptor, { port: wanted = 0, tls, fetch }: ListenOptions): Serving {
  const { Deno: deno } = globalThis as unknown as { readonly Deno: DenoServe }
  const handler = denoHandler(server, { path: PATH, ...(fetch === undefined ? {} : { fetch }) })
  const secure = tls === true ? testCertificate : {}
  const listener = deno.serve({ port: wanted, hostname: HOST, onListen: () => undefined, ...secure }, handler)
  const { port } = listener.addr
  return {
    port,
    url: `${tls === true ? 'wss' : 'ws'}://${HOST}:${String(port)}${PATH}`,
    async close(closeOptions) {
      await server.close(closeOptions)
      await listener.shutdown()
    },
  }
}

/** Beside an application's own server, which answers requests itself. */
export async function listenAttached(server: SocketAcceptor): Promise<Serving> {
  const http = createHttpServer((_, response) => response.end('page'))
  const attachment = attach(http, server, { path: PATH })
  await new Promise<void>((resolve) => {
    http.listen(0, HOST, resolve)
  })
  // Listening on a port, not on a pipe, it has an address of this kind.
  const { port } = http.address() as AddressInfo
  return {
    port,
    url: `ws://${HOST}:${String(port)}${PATH}`,
    async close(closeOptions) {
      await attachment.close(closeOptions)
      http.close()
      http.closeAllConnections()
    },
  }
}
