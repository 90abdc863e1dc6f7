import { describe, expect, test } from 'vitest'
import { upgradeRequest } from '../test-bench.fixture.ts'
import { createUnproxy, type TrustedProxies } from './trusted-proxies.ts'

interface Arrival {
  readonly from?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly url?: string
  readonly secure?: boolean
}

function unproxied(trusted: TrustedProxies, { from, headers = {}, url, secure = false }: Arrival) {
  return createUnproxy(trusted)(
    upgradeRequest({
      remoteAddress: from,
      url: new URL(url ?? 'http://internal:8080/rpc?a=1'),
      headers: new Headers({ host: 'internal:8080', ...headers }),
      secure,
    }),
  )
}

const addressOf = (trusted: TrustedProxies, from: string | undefined, forwardedFor: string): string | undefined =>
  unproxied(trusted, { from, headers: { 'x-forwarded-for': forwardedFor } }).remoteAddress

describe('a list of proxies', () => {
  const proxies = ['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.7']

  test.each([
    ['one proxy', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['two proxies', '10.0.0.1', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['a single address', '192.0.2.7', '203.0.113.9', '203.0.113.9'],
    ['IPv6', '2001:db8:1::5', '2001:db8:2::9', '2001:db8:2::9'],
    ['IPv6 with brackets and a port', '10.0.0.1', '[2001:DB8:2:0::9]:4711', '2001:db8:2::9'],
    ['IPv4 with a port', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['IPv4 within IPv6', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['no blanks', '10.0.0.1', '203.0.113.9,10.0.0.2', '203.0.113.9'],
  ])('is seen through: %s', (_, from, forwardedFor, client) => {
    expect(addressOf(proxies, from, forwardedFor)).toBe(client)
  })

  test.each([
    ['an address', '198.51.100.1, 203.0.113.9'],
    ['the address of a proxy', '10.0.0.5, 203.0.113.9'],
    ['many', `${'10.0.0.5, '.repeat(500)}203.0.113.9, 10.0.0.2`],
    ['what is no address', 'unknown, <script>, , 203.0.113.9'],
  ])('does not hand on what a client made up: %s', (_, forwardedFor) => {
    expect(addressOf(proxies, '10.0.0.1', forwardedFor)).toBe('203.0.113.9')
  })

  test('says nothing where somebody else stands at the other end', () => {
    const headers = {
      'x-forwarded-for': '198.51.100.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'app.example',
      forwarded: 'for=198.51.100.1;proto=https;host=app.example',
    }
    for (const from of ['203.0.113.9', '11.0.0.1', undefined]) {
      for (const header of ['x-forwarded', 'forwarded'] as const) {
        const request = unproxied({ proxies, header }, { from, headers })
        expect(request).toMatchObject({ remoteAddress: from, secure: false })
        expect(request.url.href).toBe('http://internal:8080/rpc?a=1')
        expect(request.headers.get('host')).toBe('internal:8080')
      }
    }
  })

  test.each(['unknown', '', 'fe80::1%eth0', 'localhost', '203.0.113.9, unknown'])(
    'stands itself for whom it does not tell: %j',
    (forwardedFor) => {
      expect(addressOf(proxies, '10.0.0.1', forwardedFor)).toBe('10.0.0.1')
    },
  )

  test('may be the client itself', () => {
    expect(addressOf(proxies, '10.0.0.1', '10.9.9.9, 10.0.0.2')).toBe('10.9.9.9')
    expect(unproxied(proxies, { from: '10.0.0.1' }).remoteAddress).toBe('10.0.0.1')
  })
})

describe('a number of proxies', () => {
  test.each([
    [0, '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    [1, '10.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
    [2, '10.0.0.1', '198.51.100.1, 203.0.113.9, 192.0.2.7', '203.0.113.9'],
    [2, '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    // As where nginx is reached over a socket of the file system.
    [1, undefined, '203.0.113.9', '203.0.113.9'],
  ])('%i, from %s for %s: %s', (count, from, forwardedFor, client) => {
    expect(addressOf(count, from, forwardedFor)).toBe(client)
  })
})

describe('what the client asked for', () => {
  const proxies = ['10.0.0.1']
  const from = '10.0.0.1'

  test('is told by the nearest proxy', () => {
    const headers = { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'made.up, app.example' }
    const request = unproxied(proxies, { from, headers })
    expect(request.url.href).toBe('https://app.example/rpc?a=1')
    expect(request.headers.get('host')).toBe('app.example')
    expect(request.secure).toBe(true)
  })

  test('is not secure where the proxy says so, whatever is between the proxy and here', () => {
    const request = unproxied(proxies, { from, secure: true, headers: { 'x-forwarded-proto': 'http' } })
    expect([request.secure, request.url.protocol]).toEqual([false, 'http:'])
  })

  test.each(['', 'ftp', 'https:', 'constructor', '__proto__'])('stays what it is for the scheme %j', (scheme) => {
    expect(unproxied(proxies, { from, headers: { 'x-forwarded-proto': scheme } }).secure).toBe(false)
  })

  test.each(['', 'app.example/path', 'user@app.example', 'app.example?a', 'app.example:port', 'a b', '[::1'])(
    'stays what it is for the host %j',
    (host) => {
      const request = unproxied(proxies, { from, headers: { 'x-forwarded-host': host } })
      expect(request.headers.get('host')).toBe('internal:8080')
      expect(request.url.host).toBe('internal:8080')
    },
  )

  test('takes no host from the path', () => {
    const request = unproxied(proxies, {
      from,
      url: 'http://internal//evil.example/',
      headers: { 'x-forwarded-proto': 'https' },
    })
    expect(request.url.href).toBe('https://internal//evil.example/')
  })

  test('changes nothing of the request that it came with', () => {
    const seen = upgradeRequest({ remoteAddress: from, headers: new Headers({ 'x-forwarded-host': 'app.example' }) })
    createUnproxy(proxies)(seen)
    expect(seen.headers.get('host')).toBeNull()
  })
})

describe('Forwarded (RFC 7239)', () => {
  const trusted = { proxies: ['10.0.0.0/8'], header: 'forwarded' } as const
  const seenThrough = (forwarded: string) => unproxied(trusted, { from: '10.0.0.1', headers: { forwarded } })

  test.each([
    ['for=203.0.113.9', '203.0.113.9'],
    ['For="203.0.113.9:4711"', '203.0.113.9'],
    ['for=203.0.113.9:4711', '203.0.113.9'],
    ['for="[2001:db8:2::9]:4711"', '2001:db8:2::9'],
    ['for="\\2\\0\\3.0.113.9"', '203.0.113.9'],
    ['by=10.0.0.1;for=203.0.113.9;proto=https', '203.0.113.9'],
    ['for=203.0.113.9 ; by="a,b;for=1.1.1.1" , for=10.0.0.2', '203.0.113.9'],
    ['for=198.51.100.1, for=203.0.113.9, for=10.0.0.2', '203.0.113.9'],
    ['for=10.0.0.5;host=made.up, for=203.0.113.9', '203.0.113.9'],
  ])('%s: %s', (forwarded, client) => {
    expect(seenThrough(forwarded).remoteAddress).toBe(client)
  })

  test.each([
    'for=unknown',
    'for=_hidden',
    'for="_hidden:_port"',
    'proto=https',
    'for="203.0.113.9',
    'made up, for=203.0.113.9',
    'for="open, for=203.0.113.9',
    '',
    ',',
  ])('the proxy stands for whom it does not tell: %j', (forwarded) => {
    expect(seenThrough(forwarded).remoteAddress).toBe('10.0.0.1')
  })

  test('tells the host and the scheme of the proxy that the client spoke to', () => {
    const made = 'for=10.0.0.5;host=made.up;proto=http'
    const request = seenThrough(`${made}, for=203.0.113.9;host="app.example:8443";proto=https, for=10.0.0.2;proto=http`)
    expect(request.url.href).toBe('https://app.example:8443/rpc?a=1')
    expect(request.secure).toBe(true)
  })

  test('is the only header that is read, as the other is otherwise', () => {
    const headers = { forwarded: 'for=203.0.113.1;proto=https', 'x-forwarded-for': '203.0.113.2' }
    expect(unproxied(trusted, { from: '10.0.0.1', headers }).remoteAddress).toBe('203.0.113.1')
    const request = unproxied(['10.0.0.0/8'], { from: '10.0.0.1', headers })
    expect([request.remoteAddress, request.secure]).toEqual(['203.0.113.2', false])
  })
})

test.each([
  ['10.0.0.1', 'Expected `trustedProxies` to be a list of addresses or a number of proxies, got'],
  [['10.0.0.1/8'], 'Expected `trustedProxies` to hold addresses or ranges such as "10.0.0.0/8", got `10.0.0.1/8`'],
  [['proxy.internal'], 'got `proxy.internal` (string)'],
  [[7], 'got `7` (number)'],
  [-1, 'Expected `trustedProxies` to be an integer >= 0, got `-1` (number)'],
  [1.5, 'got `1.5` (number)'],
  [true, 'Expected `trustedProxies` to be a list of addresses or a number of proxies, got'],
  [{ proxies: 1, header: 'via' }, "Expected `trustedProxies.header` to be 'x-forwarded' or 'forwarded', got `via`"],
])('refuses %o', (trusted, message) => {
  expect(() => createUnproxy(trusted as TrustedProxies)).toThrow(message)
})
