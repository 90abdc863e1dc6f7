/**
 * Who is behind proxies, by what they say of it.
 *
 * Owns: which proxies are believed, and how far back. Must not know: connections, limits, origins.
 */
import { DescribedRequest, headersOf } from '../described-request.ts'
import { withHeader } from '../header-list.ts'
import type { UpgradeRequest } from '../socket.ts'
import { addressesForwardedFor, type ForwardedHop, forwardedHops, lastValue } from './forwarded-hops.ts'
import { type IpRange, isInRange, parseAddress, parseRange } from './ip-address.ts'

/**
 * Whose word is taken for where a request comes from.
 *
 * - a list: of proxies with these addresses, single ones or ranges such as `'10.0.0.0/8'`. The safe way.
 * - a number: of so many proxies that every request comes through, whatever their addresses. Right only where nobody
 *   reaches the server past them.
 */
export type ProxyTrust = readonly string[] | number

export interface TrustedProxiesOptions {
  readonly proxies: ProxyTrust
  /**
   * Where they say it: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` (RFC 7239). Proxies pass on what they do
   * not know, so the other one may be a client's invention: it is never read.
   * @default 'x-forwarded'
   */
  readonly header?: 'x-forwarded' | 'forwarded' | undefined
}

export type TrustedProxies = ProxyTrust | TrustedProxiesOptions

/** A request as its client made it, to what is known. */
export type Unproxy = (request: UpgradeRequest) => UpgradeRequest

/** Whether the other end of a connection, that many proxies away, is one of them. */
type IsProxy = (address: string | undefined, distance: number) => boolean

interface Route {
  readonly address: string | undefined
  readonly proto: string | undefined
  readonly host: string | undefined
}

/** Throws a `TypeError` that names the option for one that cannot work. */
export function createUnproxy(trusted: TrustedProxies): Unproxy {
  const { proxies, header = 'x-forwarded' } = isTrust(trusted) ? { proxies: trusted } : trusted
  if (header !== 'x-forwarded' && header !== 'forwarded') {
    const got = `\`${String(header)}\` (${typeof header})`
    throw new TypeError(`Expected \`trustedProxies.header\` to be 'x-forwarded' or 'forwarded', got ${got}`)
  }
  const isProxy = createRule(proxies)
  const trace = header === 'forwarded' ? traceForwarded : traceXForwarded
  return (request) => {
    if (!isProxy(request.remoteAddress, 0)) return request
    return rewrite(request, trace(request, isProxy))
  }
}

const isTrust = (trusted: TrustedProxies): trusted is ProxyTrust =>
  typeof trusted === 'number' || Array.isArray(trusted)

function createRule(proxies: ProxyTrust): IsProxy {
  if (typeof proxies === 'number') {
    if (Number.isSafeInteger(proxies) && proxies >= 0) return (_, distance) => distance < proxies
    throw new TypeError(`Expected \`trustedProxies\` to be an integer >= 0, got \`${proxies}\` (number)`)
  }
  if (!Array.isArray(proxies)) {
    const got = `\`${String(proxies)}\` (${typeof proxies})`
    throw new TypeError(`Expected \`trustedProxies\` to be a list of addresses or a number of proxies, got ${got}`)
  }
  const ranges = proxies.map(checkRange)
  return (text) => {
    const address = text === undefined ? undefined : parseAddress(text)
    return address !== undefined && ranges.some((range) => isInRange(address, range))
  }
}

function checkRange(text: unknown): IpRange {
  const range = typeof text === 'string' ? parseRange(text) : undefined
  if (range !== undefined) return range
  const got = `\`${String(text)}\` (${typeof text})`
  throw new TypeError(`Expected \`trustedProxies\` to hold addresses or ranges such as "10.0.0.0/8", got ${got}`)
}

/**
 * Goes from the nearest proxy back while it is one that is believed, so that what a client made up, left of all that proxies have
 * added, is never reached. Where a proxy does not tell, it stands for whoever is behind it.
 */
function walk(
  from: string | undefined,
  hops: readonly ForwardedHop[],
  isProxy: IsProxy,
): { readonly address: string | undefined; readonly hop: ForwardedHop | undefined } {
  let address = from
  let hop: ForwardedHop | undefined
  for (const [distance, next] of hops.toReversed().entries()) {
    if (!isProxy(address, distance)) break
    hop = next
    if (next.address === undefined) break
    address = next.address
  }
  return { address, hop }
}

function traceXForwarded(request: UpgradeRequest, isProxy: IsProxy): Route {
  const headers = headersOf(request)
  const hops = addressesForwardedFor(headers).map((address) => ({ address, proto: undefined, host: undefined }))
  return {
    address: walk(request.remoteAddress, hops, isProxy).address,
    proto: lastValue(headers, 'x-forwarded-proto'),
    host: lastValue(headers, 'x-forwarded-host'),
  }
}

/** Of the proxy that the client spoke to: it knows under which name. */
function traceForwarded(request: UpgradeRequest, isProxy: IsProxy): Route {
  const { address, hop } = walk(request.remoteAddress, forwardedHops(headersOf(request)), isProxy)
  return { address, proto: hop?.proto, host: hop?.host }
}

const SECURE: ReadonlyMap<string, boolean> = new Map([
  ['http', false],
  ['https', true],
  ['ws', false],
  ['wss', true],
])

/** A name or address with a port or none: nothing that ends the host in a URL. */
const HOST = /^[^\s/?#@\\]+$/

function rewrite(request: UpgradeRequest, { address, proto = '', host = '' }: Route): UpgradeRequest {
  const secure = SECURE.get(proto.toLowerCase()) ?? request.secure
  const scheme = secure ? 'https' : 'http'
  const isHost = HOST.test(host) && URL.canParse(`${scheme}://${host}`)
  const { pathname, search } = request.url
  // Joined by hand: resolved against a base, `//evil.example/` would be a host.
  const url = new URL(`${scheme}://${isHost ? host : request.url.host}${pathname}${search}`)
  const headers = headersOf(request)
  const headerList = isHost ? withHeader(headers, 'host', host) : headers
  return new DescribedRequest({
    url,
    headerList,
    secure,
    remoteAddress: address,
    clientCertificate: request.clientCertificate,
  })
}
