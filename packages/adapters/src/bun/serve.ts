import type { SocketAcceptor } from '@tautline/server'
import { type CloseOptions, DEFAULT_DRAIN_MS, localUrl, type Serving } from '../serving.ts'
import type { BunGlobal, BunListener } from './bun-api.ts'
import { type TautlineOptions, tautline } from './tautline.ts'

export interface ServeOptions extends TautlineOptions {
  /** 0 for any free port: `port` of the result tells which. */
  readonly port: number
  /** Address to listen on. @default every interface, as Bun does */
  readonly host?: string
  /** Serves TLS with this `key` and `cert` (or whatever else Bun's `tls` takes). */
  readonly tls?: { readonly key: string | Uint8Array; readonly cert: string | Uint8Array }
}

/**
 * Serves Tautline with `Bun.serve`.
 * @throws outside Bun; what listening throws; TypeError for a `path` that no request can have
 */
export async function serve(server: SocketAcceptor, options: ServeOptions): Promise<Serving> {
  const { Bun: bun } = globalThis as { readonly Bun?: BunGlobal }
  if (bun === undefined) throw new Error('Expected to run in Bun: elsewhere use @tautline/adapters/node or /deno')
  const { port, host, tls } = options
  const listener = bun.serve({
    ...tautline(server, options),
    port,
    // Otherwise the answer to a failed request would show the source around it.
    development: false,
    // Implied by the line above, and then a second server on the port would be no error.
    reusePort: false,
    ...(host === undefined ? {} : { hostname: host }),
    ...(tls === undefined ? {} : { tls }),
  })
  let closing: Promise<void> | undefined
  return {
    port: listener.port,
    url: localUrl({ secure: tls !== undefined, host, port: listener.port, path: options.path }),
    close: (closeOptions) => (closing ??= close(listener, server, closeOptions)),
  }
}

async function close(listener: BunListener, server: SocketAcceptor, options: CloseOptions = {}): Promise<void> {
  const drainMs = options.drainMs ?? DEFAULT_DRAIN_MS
  const cut = setTimeout(() => void listener.stop(true), drainMs)
  await Promise.all([listener.stop(), server.close({ drainMs })])
  clearTimeout(cut)
}
