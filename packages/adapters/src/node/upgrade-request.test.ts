import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { describeUpgrade } from './upgrade-request.ts'

function requestOf(url: string, headers: Record<string, string>): IncomingMessage {
  // Only what is read of a request.
  return { url, headers, socket: { remoteAddress: '::ffff:192.0.2.1' } } as unknown as IncomingMessage
}

test('joins host and target', () => {
  const described = describeUpgrade(requestOf('/rpc?a=1', { host: 'app.example:8080', origin: 'https://app.example' }))
  expect(described?.url.href).toBe('http://app.example:8080/rpc?a=1')
  expect(described?.headers.get('Origin')).toBe('https://app.example')
  expect(described?.remoteAddress).toBe('192.0.2.1')
})

test('takes no host from the target', () => {
  const described = describeUpgrade(requestOf('//evil.example/', { host: 'app.example' }))
  expect(described?.url.host).toBe('app.example')
  expect(described?.url.pathname).toBe('//evil.example/')
})

test.for([
  ['/', undefined],
  ['/', 'app.example/evil'],
  ['/', 'user@app.example'],
  ['/', 'app.example:port'],
  ['http://evil.example/', 'app.example'],
  ['*', 'app.example'],
  ['/\\evil', 'app.example'],
] as const)('makes nothing of target %s at host %s', ([target, host]) => {
  expect(describeUpgrade(requestOf(target, host === undefined ? {} : { host }))).toBeUndefined()
})

// What `Headers` would refuse: they are made only once an application looks at them.
test.for(['b\0c', 'b\nx-user: root', 'b\rc'])('makes nothing of the header value %j', (value) => {
  expect(describeUpgrade(requestOf('/', { host: 'app.example', 'x-a': value }))).toBeUndefined()
})
