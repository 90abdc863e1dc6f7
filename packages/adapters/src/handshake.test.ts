import { expect, test } from 'vitest'
import { refuseHandshake } from './handshake.ts'

const good = {
  host: 'app.example',
  connection: 'keep-alive, Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

test('lets a handshake pass', () => {
  expect(refuseHandshake('GET', new Headers(good))).toBeUndefined()
  expect(refuseHandshake('GET', new Headers({ ...good, 'content-length': '0' }))).toBeUndefined()
})

test('answers another method with 405 and the one that would do', () => {
  expect(refuseHandshake('POST', new Headers(good))).toMatchObject({ status: 405, headers: { allow: 'GET' } })
  expect(refuseHandshake(undefined, new Headers(good))).toMatchObject({ status: 405 })
})

test.for(['8', '14', '13, 13', '', ' 13.0'])('answers version "%s" with 426 and the one that would do', (version) => {
  expect(refuseHandshake('GET', new Headers({ ...good, 'sec-websocket-version': version }))).toMatchObject({
    status: 426,
    headers: { upgrade: 'websocket', 'sec-websocket-version': '13' },
  })
})

test.for([
  ['connection', 'keep-alive'],
  ['connection', 'upgraded'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZ=='],
  ['sec-websocket-key', `${good['sec-websocket-key']}, ${good['sec-websocket-key']}`],
  ['sec-websocket-protocol', 'a b'],
  ['sec-websocket-protocol', 'tautline.1,,a'],
  ['sec-websocket-protocol', '\u00ff'],
  ['host', 'app.example, other.example'],
  ['content-length', '1'],
  ['content-length', '0, 0'],
  ['transfer-encoding', 'chunked'],
] as const)('answers %s: %s with 400', ([name, value]) => {
  expect(refuseHandshake('GET', new Headers({ ...good, [name]: value }))).toMatchObject({ status: 400 })
})

test.for(['connection', 'sec-websocket-key', 'host'])('answers a request without %s with 400', (name) => {
  const headers = new Headers(good)
  headers.delete(name)
  expect(refuseHandshake('GET', headers)).toMatchObject({ status: 400 })
})
