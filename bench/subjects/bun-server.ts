import type { ServerOptions } from './subject.ts'

/*
 * `Bun.serve` for the subjects whose documentation has them on it. Bun's types are not among those of this project:
 * here is what is used of it.
 */

export interface BunSocket {
  data: unknown
  send(message: string | Uint8Array | ArrayBufferLike): number
}

export interface BunSocketHandlers {
  readonly maxPayloadLength?: number
  open?(socket: BunSocket): void
  message(socket: BunSocket, message: string | Uint8Array): void
  close(socket: BunSocket, code: number, reason: string): void
}

export interface BunListener {
  readonly port: number
  upgrade(request: Request): boolean
  stop(closeConnections: boolean): Promise<void>
}

export interface BunServing {
  readonly port: number
  stop(): Promise<void>
}

interface BunGlobal {
  serve(options: {
    readonly port: number
    readonly hostname: string
    readonly idleTimeout?: number
    readonly fetch: BunFetch
    readonly websocket: BunSocketHandlers & { readonly backpressureLimit: number; readonly perMessageDeflate: boolean }
  }): BunListener
}

type BunFetch = (request: Request, listener: BunListener) => Response | undefined | Promise<Response | undefined>

export interface BunRoute {
  readonly websocket: BunSocketHandlers
  /** @default upgrades whatever comes */
  readonly fetch?: BunFetch
  readonly idleTimeout?: number
}

const HOST = '127.0.0.1'
/** Beyond it Bun drops messages without a word, and none of these libraries looks at what `send` gives back. */
const BACKLOG_BYTES = 64 * 1_048_576

const upgrade: BunFetch = (request, listener) =>
  listener.upgrade(request) ? undefined : new Response(null, { status: 426 })

export function serveOnBun({ websocket, fetch = upgrade, ...route }: BunRoute, options: ServerOptions): BunServing {
  const { Bun: bun } = globalThis as typeof globalThis & { readonly Bun: BunGlobal }
  const { port = 0, compression = false } = options
  const server = bun.serve({
    ...route,
    port,
    hostname: HOST,
    fetch,
    websocket: { ...websocket, backpressureLimit: BACKLOG_BYTES, perMessageDeflate: compression },
  })
  return { port: server.port, stop: () => server.stop(true) }
}
