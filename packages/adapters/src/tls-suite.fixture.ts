import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { createAuthority } from './certificates.fixture.ts'
import { createEchoAcceptor, type EchoAcceptor } from './echo-acceptor.fixture.ts'
import { rawUpgrade } from './raw-websocket.fixture.ts'
import type { Serving } from './serving.ts'

const HOSTS = ['localhost', '127.0.0.1']
export const authority = createAuthority('Servers')
export const devices = createAuthority('Devices')
export const certificate = authority.issue({ name: 'app.example', hosts: HOSTS })
export const device = devices.issue({ name: 'device-7', organization: 'Acme', use: 'client' })

/** What is the same in the `tls` of every runtime. */
interface TlsSettings {
  readonly key: string
  readonly cert: string
  readonly ca?: string
  readonly requestCert?: boolean
}

interface SuiteOptions {
  readonly port: number
  readonly host: string
  readonly tls: TlsSettings
}

type Serve = (server: EchoAcceptor, options: SuiteOptions) => Promise<Serving>

/** Opens a TLS connection for as long as it takes to know its version. Rejects where one of the two refuses the other. */
export async function handshake(port: number, options: ConnectionOptions = {}): Promise<string | null> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.cert, ...options })
  try {
    await once(socket, 'secureConnect')
    return socket.getProtocol()
  } finally {
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

/** The status that an upgrade gets; 0 where the connection ends without one. */
export async function statusOf(port: number, options: ConnectionOptions = {}): Promise<number> {
  const tls = { servername: 'localhost', ca: authority.cert, ...options }
  try {
    const client = await rawUpgrade({ port, tls })
    client.destroy()
    return client.status
  } catch {
    return 0
  }
}

const ALERT = 0x15
const HANDSHAKE = 0x16

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff)
const sized = (...parts: readonly Buffer[]): Buffer => {
  const all = Buffer.concat(parts)
  return Buffer.concat([u16(all.byteLength), all])
}

/** Of RFC 5246, by hand: the clients at hand speak nothing old. Offers what any server could take, bar the version. */
function clientHello(version: number): Buffer {
  const extensions = [
    [0x000a, sized(u16(0x0017))],
    [0x000b, Buffer.of(1, 0)],
    [0x000d, sized(u16(0x0403))],
  ] as const
  const body = Buffer.concat([
    u16(version),
    randomBytes(32),
    Buffer.of(0),
    // ECDHE with ECDSA: AES-128 with GCM, and with CBC and SHA-1.
    sized(u16(0xc02b), u16(0xc009)),
    Buffer.of(1, 0),
    sized(...extensions.flatMap(([type, value]) => [u16(type), sized(value)])),
  ])
  return Buffer.concat([Buffer.of(HANDSHAKE, 3, 1), sized(Buffer.of(1, 0), sized(body))])
}

/** The type of the first record that comes back. */
async function answerTo(bytes: Buffer, port: number): Promise<number | undefined> {
  const socket = connectTcp(port, '127.0.0.1')
  try {
    socket.write(bytes)
    const [data] = (await once(socket, 'data')) as [Buffer]
    return data[0]
  } finally {
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

/** What `serve` promises of TLS, run inside each runtime against its own. */
export function describeTls(serve: Serve): void {
  const running: Serving[] = []
  const start = async (tls: TlsSettings, server = createEchoAcceptor()): Promise<Serving> => {
    const serving = await serve(server, { port: 0, host: '127.0.0.1', tls })
    running.push(serving)
    return serving
  }
  afterEach(async () => {
    await Promise.all(running.splice(0).map((serving) => serving.close({ drainMs: 0 })))
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const { port } = await start(certificate)
    expect(await handshake(port, { minVersion: version, maxVersion: version })).toBe(version)
    expect(await statusOf(port, { minVersion: version, maxVersion: version })).toBe(101)
  })

  test.each([
    ['1.1, which is refused', 0x0302, ALERT],
    ['1.2', 0x0303, HANDSHAKE],
  ])('answers a hello of TLS %s in kind', async (_, version, record) => {
    const { port } = await start(certificate)
    expect(await answerTo(clientHello(version), port)).toBe(record)
  })

  test('shows the whole chain, so that clients need to know the root alone', async () => {
    const intermediate = authority.createIntermediate('Servers of today')
    const { port } = await start(intermediate.issue({ name: 'app.example', hosts: HOSTS }))
    expect(await statusOf(port)).toBe(101)
  })

  test('lets in clients whose certificate is of its authority, and nobody else', async () => {
    const server = createEchoAcceptor()
    const { port } = await start({ ...certificate, ca: devices.cert, requestCert: true }, server)
    expect(await statusOf(port, device)).toBe(101)
    expect(server.requests).toHaveLength(1)
    const expired = { name: 'device-7', use: 'client', to: new Date(Date.now() - 60_000) } as const
    const strangers = [
      {},
      authority.issue({ name: 'device-7', use: 'client' }),
      devices.issue(expired),
      createAuthority('Devices').issue({ name: 'device-7', use: 'client' }),
    ]
    for (const stranger of strangers) expect(await statusOf(port, stranger)).toBe(0)
    expect(server.requests).toHaveLength(1)
  })

  test('does not take certificates of every authority there is', async () => {
    await expect(start({ ...certificate, requestCert: true })).rejects.toThrow('Expected `tls.ca` to say whose')
  })
}
