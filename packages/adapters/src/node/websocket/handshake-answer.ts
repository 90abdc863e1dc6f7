import { hash } from 'node:crypto'

/** RFC 6455, 1.3: what a server shows to have understood. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export interface Handshake {
  /** `Sec-WebSocket-Key` of the client. */
  readonly key: string
  readonly subprotocol: string | undefined
  /** `Sec-WebSocket-Extensions` of the server. */
  readonly extensions: string | undefined
}

/** The response that a WebSocket begins with: RFC 6455, 4.2.2. */
export function handshakeAnswer({ key, subprotocol, extensions }: Handshake): string {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${hash('sha1', key + GUID, 'base64')}`,
  ]
  if (subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`)
  if (extensions !== undefined) lines.push(`Sec-WebSocket-Extensions: ${extensions}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
