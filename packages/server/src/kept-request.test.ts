import { expect, test } from 'vitest'
import { KeptRequest } from './kept-request.ts'
import { clientCertificate } from './test-bench.fixture.ts'

const request = (headers: [string, string][]): KeptRequest =>
  new KeptRequest({
    url: new URL('wss://app.example/rpc?a=%20b'),
    headers: new Headers(headers),
    remoteAddress: '192.0.2.1',
    secure: true,
  })

test('tells of the request what was told of it', () => {
  const kept = request([
    ['Host', 'app.example'],
    ['Cookie', 'a=1; b=2'],
    ['X-Empty', ''],
    ['Accept', 'x'],
    ['Accept', 'y'],
  ])
  expect(kept.url.href).toBe('wss://app.example/rpc?a=%20b')
  expect([...kept.headers]).toEqual([
    ['accept', 'x, y'],
    ['cookie', 'a=1; b=2'],
    ['host', 'app.example'],
    ['x-empty', ''],
  ])
  expect([kept.remoteAddress, kept.secure]).toEqual(['192.0.2.1', true])
})

test('tells of the certificate', () => {
  const shown = clientCertificate('device-7')
  const { url, headers, remoteAddress, secure } = request([])
  const withCertificate = new KeptRequest({ url, headers, remoteAddress, secure, clientCertificate: shown })
  expect(withCertificate.clientCertificate).toBe(shown)
  expect(request([]).clientCertificate).toBeUndefined()
})

test('what one reader changes, the next does not see', () => {
  const kept = request([['a', '1']])
  kept.headers.set('a', '2')
  kept.url.pathname = '/other'
  expect([kept.headers.get('a'), kept.url.pathname]).toEqual(['1', '/rpc'])
  expect([...request([]).headers]).toEqual([])
})
