import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { peekHead } from './request-head.ts'
import type { TimerSet } from './timer-set.ts'

/** What becomes of a new connection. All but `forward` never reach the target. */
export type Admission =
  | { readonly type: 'forward' }
  /** Accepted, then FIN. */
  | { readonly type: 'close' }
  /** Accepted, then RST. */
  | { readonly type: 'reset' }
  /** Accepted, read, never answered. */
  | { readonly type: 'hang' }
  /** The upgrade is refused with an HTTP status. */
  | { readonly type: 'refuse'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** 101, as if there were a server, and then nothing. Closed after `closeAfterMs`, where given. */
  | { readonly type: 'upgrade'; readonly closeAfterMs?: number }

export type Refusal = Exclude<Admission, { readonly type: 'forward' }>

/** RFC 6455, section 1.3. */
const ACCEPT_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Does to a connection what is not to be forwarded what its admission says. */
export function turnAway(socket: Socket, refusal: Refusal, timers: TimerSet): void {
  switch (refusal.type) {
    case 'close':
      socket.resume()
      socket.end()
      return
    case 'reset':
      socket.resetAndDestroy()
      return
    case 'hang':
      socket.resume()
      return
    case 'refuse':
      peekHead(socket, () => {
        socket.end(toHead(`HTTP/1.1 ${String(refusal.status)} Refused`, { 'content-length': '0', ...refusal.headers }))
      })
      return
    case 'upgrade':
      peekHead(socket, (head) => {
        socket.write(grant(head))
        if (refusal.closeAfterMs === undefined) return
        timers.after(refusal.closeAfterMs, () => socket.end())
      })
  }
}

function grant(head: string): string {
  const key = headerOf(head, 'sec-websocket-key') ?? ''
  const protocol = headerOf(head, 'sec-websocket-protocol')?.split(',')[0]
  return toHead('HTTP/1.1 101 Switching Protocols', {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-accept': createHash('sha1').update(`${key}${ACCEPT_SALT}`).digest('base64'),
    ...(protocol === undefined ? {} : { 'sec-websocket-protocol': protocol }),
  })
}

function headerOf(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((text) => text.toLowerCase().startsWith(`${name}:`))
  return line?.slice(name.length + 1).trim()
}

function toHead(first: string, headers: Readonly<Record<string, string>>): string {
  return `${[first, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`
}
