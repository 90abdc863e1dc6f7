import type { HeaderList, UpgradeDecision } from '@tautline/server'

type Refusal = Extract<UpgradeDecision, { readonly accept: false }>

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/
const VERSION = '13'
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/

/**
 * What a client must send that asks for a WebSocket (RFC 6455, 4.2.1), checked here since every runtime lets something pass:
 * node:http bodies, whose bytes would be taken for frames; Bun 1.4 requests without `Connection: Upgrade`; Deno 2.9 any version,
 * method and key.
 *
 * @returns the refusal of a request that is no handshake
 */
export function refuseHandshake(method: string | undefined, headers: HeaderList): Refusal | undefined {
  if (method !== 'GET') return refuse(405, 'Expected the method GET', { allow: 'GET' })
  if (headers.get('sec-websocket-version') !== VERSION) {
    const wanted = { upgrade: 'websocket', 'sec-websocket-version': VERSION }
    return refuse(426, `Expected Sec-WebSocket-Version ${VERSION}`, wanted)
  }
  if (!names(headers.get('connection'), 'upgrade')) return refuse(400, 'Expected Connection: Upgrade')
  if (!KEY.test(headers.get('sec-websocket-key') ?? '')) return refuse(400, 'Expected a Sec-WebSocket-Key of 16 bytes')
  if (!areTokens(headers.get('sec-websocket-protocol'))) return refuse(400, 'Expected names of subprotocols')
  // Bun joins two by a comma. RFC 9112, 3.2.
  const host = headers.get('host')
  if (host === null || host.includes(',')) return refuse(400, 'Expected one Host')
  return hasBody(headers) ? refuse(400, 'Expected no body') : undefined
}

/** Whether a client speaks `protocol`, perhaps among others. */
export function offersProtocol(headers: HeaderList, protocol: string): boolean {
  const offered = headers.get('sec-websocket-protocol')
  return offered !== null && offered.split(',').some((name) => name.trim() === protocol)
}

function areTokens(list: string | null): boolean {
  return list === null || list.split(',').every((name) => TOKEN.test(name.trim()))
}

function names(list: string | null, token: string): boolean {
  return list?.split(',').some((item) => item.trim().toLowerCase() === token) === true
}

function hasBody(headers: HeaderList): boolean {
  return headers.get('transfer-encoding') !== null || (headers.get('content-length') ?? '0') !== '0'
}

function refuse(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { accept: false, status, headers, body }
}
