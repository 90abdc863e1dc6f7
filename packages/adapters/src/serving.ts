/** A server that listens. */
export interface Serving {
  /** The port in use, also where port 0 was asked for. */
  readonly port: number
  /** For clients on this machine: `ws://localhost:3000/`, or `wss:` with TLS. */
  readonly url: string
  /**
   * Listens no more, lets calls and requests under way finish for `drainMs`, then closes what is left. Closes the
   * Tautline server too. Resolves when the last socket is gone; further calls return the same promise.
   * @default drainMs: 10,000
   */
  close(options?: CloseOptions): Promise<void>
}

export interface CloseOptions {
  readonly drainMs?: number
}

export const DEFAULT_DRAIN_MS = 10_000

/** Answers what is not an upgrade: pages, files, health checks. The same on every runtime. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** A local address for the given host: `0.0.0.0` and `::` are no destinations. */
export function localUrl(address: {
  readonly secure: boolean
  readonly host: string | undefined
  readonly port: number
  readonly path: string | undefined
}): string {
  const { host } = address
  const everywhere = host === undefined || host === '' || host === '0.0.0.0' || host === '::'
  const name = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${address.secure ? 'wss' : 'ws'}://${name}:${String(address.port)}${address.path ?? '/'}`
}

/** Checks the `path` option once, where it is given, instead of never matching later. */
export function checkPath(path: string | undefined): string | undefined {
  if (path === undefined || /^\/[^?#\s]*$/.test(path)) return path
  throw new TypeError(`Expected \`path\` to start with "/" and to hold no query, got \`${path}\` (string)`)
}
