/** Requests that no browser makes, at the door: each is answered or dropped, quickly, and the server serves the next one. */
import { createConnection } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { greetByHand } from '../../packages/adapters/conformance/hand-client.ts'
import { type Served, startServed } from './served.fixture.ts'

let served: Served

beforeAll(async () => {
  served = await startServed()
})
afterAll(async () => {
  await served.close()
})

/** What comes back for a request that is written as it stands; empty where the server only hangs up. */
function answerTo(...lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection(served.port, '127.0.0.1', () => {
      socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
    })
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text
      // An upgrade goes on: what came is all there is to see.
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
  })
}

const upgrade = (...more: readonly string[]): readonly string[] => [
  'GET / HTTP/1.1',
  `Host: 127.0.0.1:${served.port}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ...more,
]
const without = (name: string): readonly string[] => upgrade().filter((line) => !line.startsWith(name))

const HOSTILE: readonly (readonly [what: string, lines: () => readonly string[], status: RegExp])[] = [
  ['an origin that is no URL', () => upgrade('Origin: http://['), /^HTTP\/1\.1 403/],
  ['an origin of no page', () => upgrade('Origin: null'), /^HTTP\/1\.1 403/],
  ['a host that is none', () => [...without('Host'), 'Host: [::', 'Origin: http://a'], /^HTTP\/1\.1 40[03]/],
  ['no host', () => without('Host'), /^HTTP\/1\.1 400/],
  ['a target that is no path', () => ['GET http://[/ HTTP/1.1', ...upgrade().slice(1)], /^HTTP\/1\.1 400/],
  ['a target of dots and escapes', () => ['GET //..%2f%00%ff HTTP/1.1', ...upgrade().slice(1)], /^HTTP\/1\.1 \d{3}/],
  ['a subprotocol that is not ASCII', () => upgrade('Sec-WebSocket-Protocol: \u00ff\u00fe'), /^HTTP\/1\.1 400/],
  [
    'an extension that cannot be',
    () => upgrade('Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99'),
    /^HTTP\/1\.1 (101|400)/,
  ],
  ['a key of another length', () => [...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: x'], /^HTTP\/1\.1 400/],
  [
    'a version of the future',
    () => [...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 99'],
    /^HTTP\/1\.1 (400|426)/,
  ],
  [
    'headers named like members of objects',
    () => upgrade('__proto__: x', 'constructor: x', 'toString: x'),
    /^HTTP\/1\.1 101/,
  ],
  ['2,000 headers', () => upgrade(...Array.from({ length: 2000 }, (_, n) => `x${n}: y`)), /^HTTP\/1\.1 (101|4\d\d)/],
  ['headers of 100 KB', () => upgrade(`X-Long: ${'y'.repeat(100_000)}`), /^HTTP\/1\.1 431/],
  ['no HTTP', () => ['\u0016\u0003\u0001'], /^(HTTP\/1\.1 400|$)/],
]

describe('a request with', () => {
  test.each(HOSTILE)('%s is answered, and the next one served', async (_, lines, status) => {
    expect(await answerTo(...lines())).toMatch(status)
    const witness = await greetByHand(served.url)
    witness.raw.destroy()
  })

  test('a subprotocol of spaces is read in time that grows with its length', async () => {
    const costOf = async (length: number): Promise<number> => {
      const before = process.cpuUsage()
      const answer = await answerTo(...upgrade(`Sec-WebSocket-Protocol: b${' '.repeat(length)}x`))
      const { user, system } = process.cpuUsage(before)
      expect(answer).toMatch(/^HTTP\/1\.1 (101|400|431)/)
      return (user + system) / 1000
    }
    // 12,000 spaces took the pattern of CVE-2021-32640 more than a hundred milliseconds, and four times that for twice as many.
    const costs = [await costOf(12_000), await costOf(12_000), await costOf(12_000)]
    expect(Math.min(...costs)).toBeLessThan(60)
  })
})
