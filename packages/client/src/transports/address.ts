/** The protocols of one transport, and what the other one says in their place. */
const PROTOCOLS = {
  ws: { 'ws:': 'ws:', 'wss:': 'wss:', 'http:': 'ws:', 'https:': 'wss:' },
  http: { 'ws:': 'http:', 'wss:': 'https:', 'http:': 'http:', 'https:': 'https:' },
} as const

/**
 * The address of a server as a transport wants it: users may give it as that of any other.
 *
 * Throws a `TypeError` for what is none.
 */
export function resolveAddress(given: string | URL, transport: keyof typeof PROTOCOLS): string {
  // Only a page has a location to start from; elsewhere a relative address throws here, as it should.
  const base = (globalThis as { readonly location?: { readonly href: string } }).location?.href
  const url = parseUrl(given, base)
  const protocol = new Map<string, string>(Object.entries(PROTOCOLS[transport])).get(url?.protocol ?? '')
  if (url === undefined || protocol === undefined) {
    throw new TypeError(`Expected \`url\` to be a ws, wss, http or https address, got \`${String(given)}\``)
  }
  url.protocol = protocol
  // Stacks throw on a fragment.
  url.hash = ''
  return url.href
}

function parseUrl(given: string | URL, base: string | undefined): URL | undefined {
  try {
    return new URL(given, base)
  } catch {
    return undefined
  }
}
