import { expect, test } from 'vitest'
import { DescribedRequest, headersOf } from './described-request.ts'
import { HeaderPairs } from './header-list.ts'
import { KeptRequest } from './kept-request.ts'

const describe = (...pairs: [string, string][]): DescribedRequest =>
  new DescribedRequest({
    url: new URL('ws://app.example/rpc'),
    headerList: new HeaderPairs(pairs),
    remoteAddress: '192.0.2.1',
    secure: false,
  })

test('has the headers that it was told of, and the same ones each time', () => {
  const request = describe(['host', 'app.example'], ['cookie', 'a=1'])
  expect([...request.headers]).toEqual([
    ['cookie', 'a=1'],
    ['host', 'app.example'],
  ])
  expect(request.headers).toBe(request.headers)
})

test('is described, read and kept without anybody having looked at its headers', () => {
  // `Headers` would refuse it.
  const request = describe(['host', 'app.example'], ['x-bad', '\u0100'])
  expect(headersOf(request).get('Host')).toBe('app.example')
  expect(new KeptRequest(request).remoteAddress).toBe('192.0.2.1')
  expect(() => request.headers).toThrow(TypeError)
})

test('of a request without a list its headers are read', () => {
  const headers = new Headers({ host: 'app.example' })
  expect(headersOf({ headers })).toBe(headers)
})
