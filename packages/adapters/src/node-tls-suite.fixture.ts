import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createSecureContext } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { createAuthority } from './certificates.fixture.ts'
import { createEchoAcceptor } from './echo-acceptor.fixture.ts'
import type { ServeOptions, TlsServing } from './node/index.ts'
import { Opcode, rawUpgrade } from './raw-websocket.fixture.ts'
import { authority, certificate, device, devices, handshake, statusOf } from './tls-suite.fixture.ts'

type Serve = (server: ReturnType<typeof createEchoAcceptor>, options: ServeOptions) => Promise<TlsServing>

/** What node:tls can beyond the others: on Node, and on Deno, which has it too. */
export function describeNodeTls(serve: Serve): void {
  const running: TlsServing[] = []
  const start = async (tls: ServeOptions['tls'], server = createEchoAcceptor()): Promise<TlsServing> => {
    const serving = await serve(server, { port: 0, host: '127.0.0.1', ...(tls === undefined ? {} : { tls }) })
    running.push(serving)
    return serving
  }
  afterEach(async () => {
    await Promise.all(running.splice(0).map((serving) => serving.close({ drainMs: 0 })))
  })

  test('tells who the client has proved to be', async () => {
    const server = createEchoAcceptor()
    const { port } = await start({ ...certificate, ca: devices.cert, requestCert: true }, server)
    expect(await statusOf(port, device)).toBe(101)
    const shown = new X509Certificate(device.cert)
    const { subject, issuer, raw, ...rest } = server.requests[0]?.clientCertificate ?? {}
    expect({ ...subject }).toEqual({ CN: 'device-7', O: 'Acme' })
    expect({ ...issuer }).toEqual({ CN: 'Devices' })
    expect(Buffer.from(raw ?? [])).toEqual(Buffer.from(shown.raw))
    expect(rest).toEqual({
      fingerprint256: shown.fingerprint256,
      serialNumber: shown.serialNumber,
      subjectAltName: undefined,
      validToMs: Date.parse(shown.validTo),
    })
  })

  test('tells the other names of the certificate', async () => {
    const server = createEchoAcceptor()
    const { port } = await start({ ...certificate, ca: devices.cert, requestCert: true }, server)
    await statusOf(port, devices.issue({ name: 'x', use: 'client', hosts: ['device-7.example'] }))
    expect(server.requests[0]?.clientCertificate?.subjectAltName).toBe('DNS:device-7.example')
  })

  test('tells nothing of a certificate that nobody vouches for, where others get in', async () => {
    const server = createEchoAcceptor()
    const { port } = await start(
      { ...certificate, ca: devices.cert, requestCert: true, rejectUnauthorized: false },
      server,
    )
    const forged = createAuthority('Devices').issue({ name: 'device-7', organization: 'Acme', use: 'client' })
    for (const shown of [{}, forged, device]) expect(await statusOf(port, shown)).toBe(101)
    const names = server.requests.map(({ clientCertificate }) => clientCertificate?.subject['CN'])
    expect(names).toEqual([undefined, undefined, 'device-7'])
  })

  test('asks nobody for a certificate unless told to', async () => {
    const server = createEchoAcceptor()
    const { port } = await start({ ...certificate, ca: devices.cert }, server)
    expect(await statusOf(port, device)).toBe(101)
    expect(server.requests[0]?.clientCertificate).toBeUndefined()
  })

  test('cuts a client that does not shake hands', async () => {
    const { port } = await start({ ...certificate, handshakeTimeout: 50 })
    const silent = connect(port, '127.0.0.1')
    silent.resume()
    silent.on('error', () => undefined)
    await once(silent, 'close')
    expect(await statusOf(port)).toBe(101)
  })

  test('has bounds of versions', async () => {
    const { port } = await start({ ...certificate, minVersion: 'TLSv1.3' })
    expect(await statusOf(port, { maxVersion: 'TLSv1.2' })).toBe(0)
    expect(await statusOf(port)).toBe(101)
  })

  test('has a certificate for each name', async () => {
    const other = authority.issue({ name: 'other.example', hosts: ['other.example'] })
    const { port } = await start({
      ...certificate,
      minVersion: 'TLSv1.3',
      SNICallback: (name, done) => {
        // Node goes by the server's own bound, Deno by that of the context.
        done(null, createSecureContext({ ...(name === 'other.example' ? other : certificate), minVersion: 'TLSv1.3' }))
      },
    })
    expect(await statusOf(port)).toBe(101)
    expect(await statusOf(port, { maxVersion: 'TLSv1.2' })).toBe(0)
    expect(await statusOf(port, { servername: 'other.example' })).toBe(101)
    expect(await statusOf(port, { servername: 'third.example' })).toBe(0)
  })

  test('renews its certificate while clients are connected', async () => {
    const before = authority.issue({ name: 'before', hosts: ['before.example'] })
    const after = authority.issue({ name: 'after', hosts: ['after.example'] })
    const serving = await start({ ...before, ca: devices.cert, requestCert: true })
    const { port } = serving
    const client = await rawUpgrade({ port, tls: { servername: 'before.example', ca: authority.cert, ...device } })
    serving.renewCertificate({ key: after.key, cert: new TextEncoder().encode(after.cert) })
    client.send(Opcode.Binary, Uint8Array.of(1))
    expect((await client.next())?.payload).toEqual(Buffer.of(1))
    client.destroy()
    expect(await statusOf(port, { servername: 'after.example', ...device })).toBe(101)
    await expect(handshake(port, { servername: 'before.example', ...device })).rejects.toThrow(
      /altname|hostname|not valid for/i,
    )
    // And asks for those of clients as before.
    expect(await statusOf(port, { servername: 'after.example' })).toBe(0)
    const broken = [
      [{ key: after.key, cert: 'no certificate' }, /PEM|nom error/],
      [{ key: 'no key', cert: after.cert }, /unsupported|invalid|PEM/i],
      [{ key: before.key, cert: after.cert }, 'Expected `key` to be that of `cert`'],
    ] as const
    for (const [pair, message] of broken) {
      expect(() => {
        serving.renewCertificate(pair)
      }).toThrow(message)
    }
    expect(await statusOf(port, { servername: 'after.example', ...device })).toBe(101)
  })

  test('has nothing to renew without TLS', async () => {
    const serving = await start(undefined)
    expect(() => {
      serving.renewCertificate(certificate)
    }).toThrow('Expected a server with `tls`')
  })
}
