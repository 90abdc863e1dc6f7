import { expect, test } from 'vitest'
import { plainAddress } from './remote-address.ts'
import { checkPath, localUrl } from './serving.ts'

test.for([
  [undefined, 'ws://localhost:80/rpc'],
  ['0.0.0.0', 'ws://localhost:80/rpc'],
  ['::', 'ws://localhost:80/rpc'],
  ['::1', 'ws://[::1]:80/rpc'],
  ['10.0.0.1', 'ws://10.0.0.1:80/rpc'],
] as const)('a server on %s is reached at %s', ([host, url]) => {
  expect(localUrl({ secure: false, host, port: 80, path: '/rpc' })).toBe(url)
})

test.for(['rpc', '', '/rpc?x', '/rpc#x', '/a b', 'http://a/'])('refuses `%s` as a path', (path) => {
  expect(() => checkPath(path)).toThrow(TypeError)
})

test('writes IPv4 addresses plainly and leaves others alone', () => {
  expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(plainAddress('::ffff:1')).toBe('::ffff:1')
  expect(plainAddress('2001:db8::1')).toBe('2001:db8::1')
  expect(plainAddress(undefined)).toBeUndefined()
})
