import { expect, test } from 'vitest'
import { isLoopback, isLoopbackOrigin } from './loopback-origin.ts'

test.for(['127.0.0.1:4000', 'localhost:4000', '[::1]:4000'])('lets its own page on %s connect', (host) => {
  expect(isLoopbackOrigin(`http://${host}`, host)).toBe(true)
})

test.for([
  ['a name that resolves to this machine', 'http://evil.example:4000', 'evil.example:4000'],
  ['a page of another server on this machine', 'http://127.0.0.1:5000', '127.0.0.1:4000'],
  ['another name than the one addressed', 'http://localhost:4000', '127.0.0.1:4000'],
  ['an origin that is hidden', 'null', '127.0.0.1:4000'],
  ['a request without a host', 'http://127.0.0.1:4000', null],
] as const)('refuses %s', ([, origin, host]) => {
  expect(isLoopbackOrigin(origin, host)).toBe(false)
})

test('knows the addresses that only this machine reaches', () => {
  expect(['127.0.0.1', 'localhost', '::1', '0.0.0.0', '192.0.2.7', '::'].filter(isLoopback)).toEqual([
    '127.0.0.1',
    'localhost',
    '::1',
  ])
})
