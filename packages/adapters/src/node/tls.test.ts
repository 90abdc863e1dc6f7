import { once } from 'node:events'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { createEchoAcceptor } from '../echo-acceptor.fixture.ts'
import { describeNodeTls } from '../node-tls-suite.fixture.ts'
import { authority, certificate, describeTls, device, devices, statusOf } from '../tls-suite.fixture.ts'
import { serve } from './serve.ts'

describeTls(serve)
describeNodeTls(serve)

test('knows the client of a TLS session that is resumed', async () => {
  const server = createEchoAcceptor()
  const tls = { ...certificate, ca: devices.cert, requestCert: true }
  const serving = await serve(server, { port: 0, host: '127.0.0.1', tls })
  const where = { port: serving.port, host: '127.0.0.1', servername: 'localhost', ca: authority.cert }
  // Of TLS 1.2, whose session is known with the handshake.
  const first = connect({ ...where, ...device, maxVersion: 'TLSv1.2' })
  await once(first, 'secureConnect')
  const session = first.getSession()
  first.destroy()
  // Without the certificate: only the session can tell.
  expect(await statusOf(serving.port, { session, maxVersion: 'TLSv1.2' })).toBe(101)
  expect(server.requests[0]?.clientCertificate?.subject['CN']).toBe('device-7')
  await serving.close({ drainMs: 0 })
})
