import type { Duplex } from 'node:stream'
import type { UpgradeDecision } from '@tautline/server'
import { nodeHttp } from './http.ts'

export type Refusal = Omit<Extract<UpgradeDecision, { readonly accept: false }>, 'accept'>

export const BAD_REQUEST: Refusal = { status: 400, headers: {}, body: 'Bad request' }
export const NOT_FOUND: Refusal = { status: 404, headers: {}, body: 'Not found' }
export const INTERNAL: Refusal = { status: 500, headers: {}, body: 'Internal server error' }

/**
 * Answers an upgrade with a plain HTTP response: node:http has handed the socket over, so it is written by hand.
 * @throws when a header cannot be sent
 */
export function refuseUpgrade(stream: Duplex, refusal: Refusal): void {
  const body = Buffer.from(refusal.body)
  const headers: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8' }
  for (const [name, value] of Object.entries(refusal.headers)) {
    nodeHttp.validateHeaderName(name)
    nodeHttp.validateHeaderValue(name, value)
    headers[name.toLowerCase()] = value
  }
  headers['content-length'] = String(body.byteLength)
  headers['connection'] = 'close'
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${String(refusal.status)} ${nodeHttp.STATUS_CODES[refusal.status] ?? 'Refused'}\r\n${lines.join('')}\r\n`
  // A client that never closes its half must not keep ours.
  stream.once('finish', () => {
    stream.destroy()
  })
  stream.end(Buffer.concat([Buffer.from(head, 'latin1'), body]))
}
