import type { LongPoll, SocketAcceptor } from '@tautline/server'
import { longPollOf } from '../poll-option.ts'
import { type CloseOptions, DEFAULT_DRAIN_MS, localUrl, type Serving } from '../serving.ts'
import { checkClientAuthority } from '../tls-options.ts'
import type { BunGlobal, BunListener, BunTlsOptions } from './bun-api.ts'
import { createParts, type TautlineOptions } from './tautline.ts'

export interface ServeOptions extends TautlineOptions {
  /** 0 for any free port: `port` of the result tells which. */
  readonly port: number
  /** Address to listen on. @default every interface, as Bun does */
  readonly host?: string
  /** Serves TLS with this `key` and `cert`; several, each with its `serverName`, by the name that a client asks for. */
  readonly tls?: BunTlsOptions | readonly [BunTlsOptions, ...BunTlsOptions[]]
}

/**
 * Serves Tautline with `Bun.serve`.
 * @throws outside Bun; what listening throws; TypeError for a `path` that no request can have, for `requestCert` without a
 * `ca` or without refusing the others
 */
export async function serve(server: SocketAcceptor, options: ServeOptions): Promise<Serving> {
  const { Bun: bun } = globalThis as { readonly Bun?: BunGlobal }
  if (bun === undefined) throw new Error('Expected to run in Bun: elsewhere use @tautline/adapters/node or /deno')
  const { port, host, tls } = options
  const longPoll = longPollOf(server, options)
  const listener = bun.serve({
    ...createParts(server, options, longPoll),
    port,
    // Otherwise the answer to a failed request would show the source around it.
    development: false,
    // Implied by the line above, and then a second server on the port would be no error.
    reusePort: false,
    ...(host === undefined ? {} : { hostname: host }),
    ...(tls === undefined ? {} : { tls: 'key' in tls ? strict(tls) : tls.map(strict) }),
  })
  let closing: Promise<void> | undefined
  return {
    port: listener.port,
    url: localUrl({ secure: tls !== undefined, host, port: listener.port, path: options.path }),
    close: (closeOptions) => (closing ??= close(listener, { server, longPoll }, closeOptions)),
  }
}

/** Bun 1.4 does not tell of a client's certificate. So one that is asked for must be asked of everybody. */
function strict(tls: BunTlsOptions): BunTlsOptions {
  checkClientAuthority(tls)
  if (tls.requestCert !== true) return tls
  // Where it is not checked by a compiler.
  if ((tls.rejectUnauthorized as boolean | undefined) === false) {
    const why = 'Bun does not tell which clients have shown a certificate'
    throw new TypeError(`Expected \`tls.rejectUnauthorized\` not to be false where \`tls.requestCert\` is set: ${why}`)
  }
  return { ...tls, rejectUnauthorized: true }
}

interface Served {
  readonly server: SocketAcceptor
  readonly longPoll: LongPoll | undefined
}

async function close(listener: BunListener, { server, longPoll }: Served, options: CloseOptions = {}): Promise<void> {
  const drainMs = options.drainMs ?? DEFAULT_DRAIN_MS
  // A long poll is one request after the other: it hears of the end only where the next ones are let in.
  const settled = Promise.resolve(longPoll?.settled())
  const cut = setTimeout(() => void settled.then(() => listener.stop(true)), drainMs)
  await Promise.all([settled.then(() => listener.stop()), server.close({ drainMs })])
  clearTimeout(cut)
}
