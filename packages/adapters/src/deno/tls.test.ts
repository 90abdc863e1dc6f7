import { expect, test } from 'vitest'
import { createEchoAcceptor } from '../echo-acceptor.fixture.ts'
import { describeNodeTls } from '../node-tls-suite.fixture.ts'
import { certificate, describeTls, device, devices, statusOf } from '../tls-suite.fixture.ts'
import { type DenoHandler, denoHandler } from './deno-handler.ts'
import { serve } from './index.ts'

describeTls(serve)
describeNodeTls(serve)

interface DenoServe {
  serve(
    options: Readonly<Record<string, unknown>>,
    handler: DenoHandler,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> }
}

/** As the table of capabilities says. Where this fails, Deno has learned it: then so should we. */
test('Deno.serve takes no notice of certificates of clients', async () => {
  const { Deno: deno } = globalThis as unknown as { readonly Deno: DenoServe }
  const server = createEchoAcceptor()
  const tls = { ...certificate, ca: devices.cert, caCerts: [devices.cert], requestCert: true, rejectUnauthorized: true }
  const listener = deno.serve(
    { port: 0, hostname: '127.0.0.1', onListen: () => undefined, ...tls },
    denoHandler(server),
  )
  for (const shown of [{}, device]) expect(await statusOf(listener.addr.port, shown)).toBe(101)
  expect(server.requests.map(({ clientCertificate }) => clientCertificate)).toEqual([undefined, undefined])
  await listener.shutdown()
})
