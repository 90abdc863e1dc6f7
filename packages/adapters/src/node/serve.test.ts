import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { createEchoAcceptor } from '../echo-acceptor.fixture.ts'
import { rawUpgrade } from '../raw-websocket.fixture.ts'
import { describeServe } from '../serve-suite.fixture.ts'
import { testCertificate } from '../test-certificate.fixture.ts'
import { serve } from './serve.ts'

describeServe(serve)

test.each([false, true])('does not wait for a socket on which nothing was asked (TLS: %s)', async (tls) => {
  const decision = { accept: false, status: 503, headers: {}, body: '' } as const
  const server = createEchoAcceptor({ decide: () => decision })
  const serving = await serve(server, { port: 0, host: '127.0.0.1', ...(tls ? { tls: testCertificate } : {}) })
  const address = { port: serving.port, host: '127.0.0.1' }
  const unused = tls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address)
  unused.resume()
  await once(unused, tls ? 'secureConnect' : 'connect')
  // The answer to somebody who came later: by then the server knows the socket.
  const other = await rawUpgrade({ port: serving.port, tls })
  expect(other.status).toBe(503)
  other.destroy()
  const closed = once(unused, 'close')
  await serving.close({ drainMs: 60_000 })
  await closed
})
