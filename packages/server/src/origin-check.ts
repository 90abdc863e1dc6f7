import { headersOf } from './described-request.ts'
import type { UpgradeRequest } from './socket.ts'

/**
 * Which pages may connect. Browsers send cookies along with a WebSocket of any page, so without this check every page
 * could speak in the name of its visitor.
 *
 * - `'same-origin'`: pages of the host that the request is addressed to.
 * - a list: these origins, such as `'https://app.example'`.
 * - a function: decides by itself.
 * - `'any'`: every page. Right only where nothing hangs on cookies or on the visitor's network.
 *
 * Requests without an `Origin` are no browser's, and pass.
 */
export type AllowedOrigins =
  | 'same-origin'
  | 'any'
  | readonly string[]
  | ((origin: string, request: UpgradeRequest) => boolean)

export type OriginCheck = (request: UpgradeRequest) => boolean

/** Throws a `TypeError` for a list with an entry that is no origin. */
export function createOriginCheck(allowed: AllowedOrigins): OriginCheck {
  if (allowed === 'any') return () => true
  const isAllowed = createRule(allowed)
  return (request) => {
    const origin = headersOf(request).get('origin')
    return origin === null || isAllowed(origin, request)
  }
}

function createRule(allowed: Exclude<AllowedOrigins, 'any'>): (origin: string, request: UpgradeRequest) => boolean {
  if (allowed === 'same-origin') return isSameOrigin
  if (typeof allowed === 'function') return allowed
  if (!Array.isArray(allowed)) {
    const got = `\`${String(allowed)}\` (${typeof allowed})`
    throw new TypeError(`Expected \`origins\` to be 'same-origin', 'any', a list or a function, got ${got}`)
  }
  const origins = new Set(allowed.map(checkOrigin))
  return (origin) => origins.has(origin)
}

function isSameOrigin(origin: string, request: UpgradeRequest): boolean {
  const host = headersOf(request).get('host')
  const page = parse(origin)
  if (host === null || page === undefined) return false
  // A page that came unencrypted may be anybody's.
  if (request.secure && page.protocol !== 'https:') return false
  // Parsed alike, so that a default port makes no difference.
  return parse(`${page.protocol}//${host}`)?.host === page.host
}

function checkOrigin(origin: string): string {
  if (parse(origin)?.origin === origin) return origin
  throw new TypeError(`Expected \`origins\` to hold origins such as "https://app.example", got \`${origin}\` (string)`)
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}
