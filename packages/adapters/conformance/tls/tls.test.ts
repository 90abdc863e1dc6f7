// Which certificates of servers the clients take, and what servers learn of those of clients: real handshakes, real clients.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, implement } from '@tautline/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureCertutil } from '../../../../scripts/ensure-certutil.ts'
import type { Runtime } from '../../../../scripts/runtimes.ts'
import { createAuthority } from '../../src/certificates.fixture.ts'
import { type ServeOptions, serve } from '../../src/node/serve.ts'
import type { Serving } from '../../src/serving.ts'
import { type ClientKind, clientCapabilities } from '../capabilities.ts'
import { api, type ProbeResult } from './probe.ts'
import { probeInChromium, probeInProcess } from './run-probe.ts'

const HOUR_MS = 3_600_000
const hosts = ['localhost', '127.0.0.1']
const authority = createAuthority('Tautline test servers')
const intermediate = authority.createIntermediate('Tautline test servers, of today')
const devices = createAuthority('Tautline test devices')
const certificate = authority.issue({ name: 'app.example', hosts })
const device = devices.issue({ name: 'device-7', use: 'client' })

/** What each shows, and whether a client that trusts the authority may go on. */
const shown: Readonly<Record<string, { readonly tls: NonNullable<ServeOptions['tls']>; readonly isGood: boolean }>> = {
  good: { tls: certificate, isGood: true },
  'of an intermediate authority': { tls: intermediate.issue({ name: 'app.example', hosts }), isGood: true },
  'over TLS 1.2': { tls: { ...certificate, maxVersion: 'TLSv1.2' }, isGood: true },
  expired: { tls: authority.issue({ name: 'app.example', hosts, to: new Date(Date.now() - 60_000) }), isGood: false },
  'not good yet': {
    tls: authority.issue({
      name: 'app.example',
      hosts,
      from: new Date(Date.now() + HOUR_MS),
      to: new Date(Date.now() + 2 * HOUR_MS),
    }),
    isGood: false,
  },
  'of another host': { tls: authority.issue({ name: 'localhost', hosts: ['other.example'] }), isGood: false },
  'of an authority that nobody trusts': {
    tls: createAuthority('Tautline test servers').issue({ name: 'app.example', hosts }),
    isGood: false,
  },
}

const servings: Serving[] = []
const connected: string[] = []
const temporary = mkdtempSync(join(tmpdir(), 'tautline-tls-'))
const authorityFile = join(temporary, 'authority.pem')
const urls: Record<string, string> = {}
let pageUrl = ''

async function open(stand: string, tls: ServeOptions['tls']): Promise<string> {
  const implementation = implement(api)
    .context(({ request }) => ({ certificate: request?.clientCertificate }))
    .handlers({ whoami: ({ ctx }) => ctx.certificate?.subject['CN']?.toString() })
  const server = createServer(implementation, { origins: 'any', log: false, onConnection: () => connected.push(stand) })
  const serving = await serve(server, {
    port: 0,
    host: '127.0.0.1',
    fetch: () => new Response('<!doctype html><title>TLS</title>', { headers: { 'content-type': 'text/html' } }),
    ...(tls === undefined ? {} : { tls }),
  })
  servings.push(serving)
  return serving.url
}

beforeAll(async () => {
  writeFileSync(authorityFile, authority.cert)
  for (const [stand, { tls }] of Object.entries(shown)) urls[stand] = await open(stand, tls)
  urls['mutual'] = await open('mutual', { ...certificate, ca: devices.cert, requestCert: true })
  pageUrl = (await open('page', undefined)).replace(/^ws/, 'http')
})
afterAll(async () => {
  await Promise.all(servings.map((serving) => serving.close({ drainMs: 0 })))
  rmSync(temporary, { recursive: true })
})

const expected = {
  ...Object.fromEntries(
    Object.entries(shown).map(([stand, { isGood }]) => [stand, isGood ? 'answered somebody' : 'CONNECTION_LOST']),
  ),
  // Which asks for a certificate.
  mutual: 'CONNECTION_LOST',
}
const bad = new Set(Object.entries(shown).flatMap(([stand, { isGood }]) => (isGood ? [] : [stand])))

/** The kinds of clients of a runtime, each in one process: they wait more than they work. */
const groups = [
  ['node', ['node', 'ws', 'node-poll']],
  ['bun', ['bun', 'bun-poll']],
  ['deno', ['deno', 'deno-poll']],
] as const satisfies readonly (readonly [Runtime, readonly ClientKind[]])[]

describe.each(groups)('clients on %s', (runtime, kinds) => {
  const showing = kinds.filter((kind) => clientCapabilities.showsCertificate.on[kind] === true)
  let results: readonly ProbeResult[]
  beforeAll(async () => {
    const identity = { ...device, ca: authority.cert }
    const runs = [
      ...kinds.map((kind) => ({ kind, urls })),
      ...showing.map((kind) => ({ kind, urls: { mutual: urls['mutual'] ?? '' }, identity })),
    ]
    results = await probeInProcess(runtime, runs, authorityFile)
  })

  test.each(kinds.map((kind, index) => [kind, index] as const))(
    '%s: takes no certificate but a good one, and gets in nowhere without the one that is asked for',
    (_, index) => {
      expect(results[index]).toEqual(expected)
      expect(connected.filter((stand) => bad.has(stand))).toEqual([])
    },
  )

  test.each(showing.map((kind, index) => [kind, kinds.length + index] as const))(
    '%s: is known by its certificate',
    (_, index) => {
      expect(results[index]).toEqual({ mutual: 'answered device-7' })
    },
  )
})

const certutil = await ensureCertutil()
// Said aloud by `ensureCertutil`; where everything has to run, that is a failure.
const isLeftOut = certutil === undefined && process.env['CI'] === undefined

test.skipIf(isLeftOut)(
  'Chromium takes no certificate but a good one, by WebSocket and by long poll',
  async () => {
    if (certutil === undefined) throw new Error('Expected a certutil: see the message above')
    const runs = [false, true].map((longPoll) => ({ urls, longPoll }))
    const results = await probeInChromium({ url: pageUrl, runs }, { authorityFile, certutil })
    expect(results).toEqual([expected, expected])
    expect(connected.filter((stand) => bad.has(stand))).toEqual([])
  },
  60_000,
)
