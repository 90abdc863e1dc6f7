import { afterEach, expect, test } from 'vitest'
import { createEchoAcceptor } from '../echo-acceptor.fixture.ts'
import type { Serving } from '../serving.ts'
import { authority, certificate, describeTls, devices, statusOf } from '../tls-suite.fixture.ts'
import type { BunGlobal, BunListener } from './bun-api.ts'
import { type ServeOptions, serve } from './serve.ts'
import { tautline } from './tautline.ts'

describeTls(serve)

const running: Serving[] = []
const start = async (tls: ServeOptions['tls']): Promise<Serving> => {
  const serving = await serve(createEchoAcceptor(), {
    port: 0,
    host: '127.0.0.1',
    ...(tls === undefined ? {} : { tls }),
  })
  running.push(serving)
  return serving
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((serving) => serving.close({ drainMs: 0 })))
})

test('does not ask for certificates that it could not tell of', async () => {
  const tls = { ...certificate, ca: devices.cert, requestCert: true, rejectUnauthorized: false as unknown as true }
  await expect(start(tls)).rejects.toThrow('Bun does not tell which clients have shown a certificate')
  await expect(start([tls])).rejects.toThrow('Bun does not tell which clients have shown a certificate')
})

test('has a certificate for each name, and bounds of versions', async () => {
  const other = authority.issue({ name: 'other.example', hosts: ['other.example'] })
  const { port } = await start([
    { ...certificate, minVersion: 0x0304 },
    { ...other, serverName: 'other.example' },
  ])
  expect(await statusOf(port)).toBe(101)
  expect(await statusOf(port, { maxVersion: 'TLSv1.2' })).toBe(0)
  expect(await statusOf(port, { servername: 'other.example' })).toBe(101)
  expect(await statusOf(port, { servername: 'third.example' })).toBe(0)
})

/** As the table of capabilities says. Where this fails, Bun has learned it: then so should we. */
test('Bun.serve keeps the certificate that it began with', async () => {
  const { Bun: bun } = globalThis as unknown as { readonly Bun: BunGlobal }
  const other = authority.issue({ name: 'other.example', hosts: ['other.example'] })
  const parts = tautline(createEchoAcceptor())
  const listener = bun.serve({ ...parts, port: 0, tls: certificate }) as BunListener & { reload(options: object): void }
  listener.reload({ ...parts, tls: other })
  expect(await statusOf(listener.port)).toBe(101)
  expect(await statusOf(listener.port, { servername: 'other.example' })).toBe(0)
  await listener.stop(true)
})
