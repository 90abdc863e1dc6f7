import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { DescribedRequest, HeaderPairs } from '@tautline/server'
import { plainAddress } from '../remote-address.ts'
import { clientCertificateOf } from './client-certificate.ts'
import type { Refusal } from './http-refusal.ts'

/** Host and path stay what they are only if neither can end its part of the URL. */
const HOST = /^[^\s/?#@\\]+$/
const PATH = /^\/[^#\\\s]*$/
/** `Headers` take none of them; node:http lets some pass where it is told to be lenient. */
const NEVER_IN_VALUES = ['\0', '\r', '\n']

function isSecure(socket: Socket): boolean {
  return 'encrypted' in socket && socket.encrypted === true
}

/** The URL of a request, `undefined` where Host and target do not make one. */
export function requestUrl(request: IncomingMessage): URL | undefined {
  const { host } = request.headers
  const { url: target } = request
  // Resolving against a base instead would take `//evil.example/` for a host.
  if (host === undefined || target === undefined || !HOST.test(host) || !PATH.test(target)) return undefined
  const text = `${isSecure(request.socket) ? 'https' : 'http'}://${host}${target}`
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Names and values, several of one name one by one. */
export function* requestHeaders({ headers }: IncomingMessage): Iterable<[name: string, value: string]> {
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) yield [name, one]
  }
}

const isUnreadable = (value: string): boolean => NEVER_IN_VALUES.some((character) => value.includes(character))

/** What the server wants to know of a client; `undefined` for a request that makes no sense. */
export function describeUpgrade(request: IncomingMessage): DescribedRequest | undefined {
  const url = requestUrl(request)
  const headers = [...requestHeaders(request)]
  if (url === undefined || headers.some(([, value]) => isUnreadable(value))) return undefined
  return new DescribedRequest({
    url,
    headerList: new HeaderPairs(headers),
    remoteAddress: plainAddress(request.socket.remoteAddress),
    secure: isSecure(request.socket),
    clientCertificate: clientCertificateOf(request.socket),
  })
}

/** What only node:http tells of an upgrade. The rest of a handshake is checked for all runtimes together. */
export function refuseRequest(request: IncomingMessage): (Refusal & { readonly accept: false }) | undefined {
  if (request.httpVersion === '1.0') {
    // RFC 9110, 7.8: not there for a version that knows no upgrades.
    return { accept: false, status: 426, headers: { upgrade: 'websocket' }, body: 'Expected HTTP/1.1' }
  }
  if (request.httpVersion !== '1.1') return { accept: false, status: 505, headers: {}, body: 'Expected HTTP/1.1' }
  // RFC 9112, 3.2. node:http takes the first, somebody in front of it perhaps the second.
  const hosts = request.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return hosts.length > 1 ? { accept: false, status: 400, headers: {}, body: 'Expected one Host' } : undefined
}
