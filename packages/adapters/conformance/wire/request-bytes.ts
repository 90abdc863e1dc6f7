/** Upgrade requests as bytes, also those that no client would write. */
export interface RequestShape {
  /** @default 'GET /rpc HTTP/1.1' */
  readonly line?: string
  /** Over those of a good upgrade; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Lines behind these headers, as they are. */
  readonly lines?: readonly string[]
  readonly body?: string
}

/** The key of RFC 6455, 1.3, and what a server makes of it. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
export const KEY_ACCEPTED = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

export function requestBytes({
  line = 'GET /rpc HTTP/1.1',
  headers,
  lines = [],
  body = '',
}: RequestShape = {}): Buffer {
  const all: Record<string, string | undefined> = {
    host: '127.0.0.1',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': KEY,
    ...headers,
  }
  const written = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return Buffer.from(`${[line, ...written, ...lines].join('\r\n')}\r\n\r\n${body}`, 'latin1')
}
