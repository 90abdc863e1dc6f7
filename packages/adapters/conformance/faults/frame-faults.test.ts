// Faults at WebSocket frames, between a client by hand and a server of `ws` that echoes.
import type { AddressInfo } from 'node:net'
import { createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { Opcode, type RawWebSocket, rawUpgrade } from '../../src/raw-websocket.fixture.ts'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'
import type { ProxiedConnection } from './proxied-connection.ts'
import { connectTcp } from './tcp-ends.ts'

const KiB = 1024

let clock: VirtualClock
let echo: WebSocketServer
let proxy: FaultProxy
const opened: RawWebSocket[] = []

beforeEach(async () => {
  clock = createVirtualClock()
  echo = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'tautline.1' })
  echo.on('connection', (socket) => {
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => {
      socket.send(data)
    })
  })
  await new Promise((resolve) => echo.once('listening', resolve))
  proxy = await createFaultProxy({ targetPort: (echo.address() as AddressInfo).port, clock })
})

afterEach(async () => {
  for (const raw of opened.splice(0)) raw.destroy()
  for (const socket of echo.clients) socket.terminate()
  await Promise.all([proxy.close(), new Promise((resolve) => echo.close(resolve))])
  expect(proxy.stats()).toMatchObject({ sockets: 0, timers: 0 })
})

async function open(headers: Readonly<Record<string, string>> = {}): Promise<RawWebSocket> {
  const raw = await rawUpgrade({ port: proxy.port, headers })
  opened.push(raw)
  return raw
}

async function openThrough(): Promise<{ readonly raw: RawWebSocket; readonly connection: ProxiedConnection }> {
  const next = proxy.nextConnection()
  return { raw: await open(), connection: await next }
}

async function payloads(raw: RawWebSocket): Promise<readonly string[]> {
  const all: string[] = []
  for (let frame = await raw.next(); frame !== undefined; frame = await raw.next()) all.push(frame.payload.toString())
  return all
}

function sendText(raw: RawWebSocket, ...texts: readonly string[]): void {
  for (const text of texts) raw.send(Opcode.Binary, Buffer.from(text))
}

test('tells which frames passed, of every length that a head can tell', async () => {
  const { raw, connection } = await openThrough()
  for (const size of [0, 125, 126, 65_535, 65_536]) raw.send(Opcode.Binary, new Uint8Array(size))
  const last = await connection.down.frame(4)
  expect(last).toEqual({
    type: 'frame',
    index: 4,
    opcode: Opcode.Binary,
    fin: true,
    masked: false,
    headBytes: 10,
    payloadBytes: 65_536,
    fate: 'passed',
  })
  expect(connection.up.frames.map(({ masked, headBytes, payloadBytes }) => [masked, headBytes, payloadBytes])).toEqual([
    [true, 6, 0],
    [true, 6, 125],
    [true, 8, 126],
    [true, 8, 65_535],
    [true, 14, 65_536],
  ])
})

test('knows the frames of a stream that comes byte by byte', async () => {
  const { raw, connection } = await openThrough()
  connection.down.setPace({ type: 'split', pieceBytes: 1 })
  const frame = Buffer.of(0x82, 0x83, 0, 0, 0, 0, 1, 2, 3)
  for (const byte of frame) {
    raw.sendBytes(Buffer.of(byte))
    await clock.settle()
  }
  expect(await connection.up.frame(0)).toMatchObject({ payloadBytes: 3, fate: 'passed' })
  await connection.down.frame(0)
  await clock.settle()
  expect((await raw.next())?.payload).toEqual(Buffer.of(1, 2, 3))
})

test('tells who waits for a frame that it will not come', async () => {
  const { connection } = await openThrough()
  const frame = connection.up.frame(3)
  connection.reset()
  await expect(frame).rejects.toThrow('Expected frame 3 to come, got 0 frames and the end')
})

test('passes on what is no WebSocket, and counts no frames in it', async () => {
  echo.on('wsClientError', (_, socket) => {
    socket.end('HTTP/1.1 400 Bad\r\ncontent-length: 2\r\n\r\n\x02\x00')
  })
  const next = proxy.nextConnection()
  const raw = await open({ 'sec-websocket-version': '1' })
  expect([raw.status, raw.body]).toEqual([400, '\x02\x00'])
  expect((await next).down.frames).toEqual([])
})

describe('cuts a direction', () => {
  test.for([
    [{ before: 1 }, ['0'], 'nothing'],
    [{ inside: 1 }, ['0'], 'part'],
    [{ after: 1 }, ['0', '1'], 'passed'],
  ] as const)('at %j, downwards', async ([place, arrived, fate]) => {
    const { raw, connection } = await openThrough()
    connection.down.at(place, 'reset')
    sendText(raw, '0', '1', '2')
    expect(await payloads(raw)).toEqual(arrived)
    await connection.closed
    expect(connection.down.frames[1]?.fate ?? 'nothing').toBe(fate)
  })

  test.for([
    [{ before: 1 }, 1],
    [{ inside: 1 }, 1],
    [{ after: 1 }, 2],
  ] as const)('at %j, upwards', async ([place, messages]) => {
    const received: string[] = []
    const gone = new Promise<number>((resolve) => {
      echo.on('connection', (socket) => {
        socket.on('message', (data: Buffer) => received.push(data.toString()))
        socket.on('close', resolve)
      })
    })
    const { raw, connection } = await openThrough()
    connection.up.at(place, 'reset')
    sendText(raw, '0', '1', '2')
    expect(await gone).toBe(1006)
    expect(received).toEqual(['0', '1', '2'].slice(0, messages))
  })

  test('in the middle of a large frame, of which half has come', async () => {
    const { raw, connection } = await openThrough()
    connection.up.at({ inside: 0 }, 'reset')
    raw.send(Opcode.Binary, new Uint8Array(256 * KiB))
    expect(await connection.up.frame(0)).toMatchObject({ fate: 'part' })
    // The head of HTTP is in front of it.
    const headBytes = connection.up.passedBytes - Math.floor((256 * KiB + 14) / 2)
    expect(headBytes).toBeGreaterThan(100)
    expect(headBytes).toBeLessThan(1000)
    expect(await payloads(raw)).toEqual([])
  })

  test('by stalling it behind a frame, until it flows again', async () => {
    const { raw, connection } = await openThrough()
    connection.down.at({ after: 0 }, 'stall')
    sendText(raw, '0', '1')
    await connection.up.frame(1)
    expect((await raw.next())?.payload.toString()).toBe('0')
    expect(connection.down.mode).toBe('stalled')
    connection.down.flow()
    expect((await raw.next())?.payload.toString()).toBe('1')
  })

  test('by dropping all behind a frame: a half-open link', async () => {
    const { raw, connection } = await openThrough()
    connection.down.at({ inside: 1 }, 'drop')
    const broken = connection.down.frame(1)
    sendText(raw, '0', '1', '2')
    expect(await connection.down.frame(2)).toMatchObject({ fate: 'dropped' })
    expect(await broken).toMatchObject({ fate: 'part' })
    expect(connection.down.frames.map(({ fate }) => fate)).toEqual(['passed', 'part', 'dropped'])
    expect((await raw.next())?.payload.toString()).toBe('0')
    connection.reset()
    expect(await raw.next()).toBeUndefined()
  })

  test('at the first of two places', async () => {
    const { raw, connection } = await openThrough()
    connection.down.at({ after: 1 }, 'reset')
    connection.down.at({ after: 0 }, 'reset')
    sendText(raw, '0', '1', '2')
    expect(await payloads(raw)).toEqual(['0'])
  })
})

test('takes single frames out of a direction', async () => {
  const { raw, connection } = await openThrough()
  connection.up.dropFrame(1)
  connection.down.dropFrame(0)
  sendText(raw, '0', '1', '2')
  expect((await raw.next())?.payload.toString()).toBe('2')
  expect(connection.up.frames.map(({ fate }) => fate)).toEqual(['passed', 'dropped', 'passed'])
  expect(connection.down.frames.map(({ fate }) => fate)).toEqual(['dropped', 'passed'])
})

test('tells of a connection before its first byte', async () => {
  const watched = await createFaultProxy({
    targetPort: (echo.address() as AddressInfo).port,
    onConnection: ({ down }) => {
      down.at({ byte: 0 }, 'reset')
    },
  })
  expect(await rawUpgrade({ port: watched.port })).toMatchObject({ status: 0 })
  await watched.close()
})

describe('admissions', () => {
  test('refuses an upgrade with a status and headers', async () => {
    proxy.admit({ type: 'refuse', status: 503, headers: { 'retry-after': '3' } })
    const raw = await open()
    expect([raw.status, raw.headers.get('retry-after')]).toEqual([503, '3'])
    expect(await raw.next()).toBeUndefined()
    expect(proxy.stats()).toMatchObject({ accepted: 1, forwarded: 0 })
  })

  test('grants an upgrade by itself and stays silent', async () => {
    proxy.admit({ type: 'upgrade' })
    const raw = await open({
      // The pair of RFC 6455, section 1.3.
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'tautline.1, other',
    })
    expect(raw.status).toBe(101)
    expect(raw.headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    expect(raw.headers.get('sec-websocket-protocol')).toBe('tautline.1')
    sendText(raw, 'anyone there?')
    await clock.advanceAsync(60_000)
    expect(proxy.stats().sockets).toBe(1)
  })

  test('grants an upgrade by itself and closes later', async () => {
    proxy.admit({ type: 'upgrade', closeAfterMs: 300 })
    const raw = await open()
    await clock.advanceAsync(299)
    expect(proxy.stats()).toMatchObject({ sockets: 1, timers: 1 })
    clock.advance(1)
    expect(await raw.next()).toBeUndefined()
  })

  test('never answers a hung upgrade', async () => {
    proxy.admit({ type: 'hang' })
    const client = connectTcp(proxy.port)
    client.socket.write('GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n')
    await expect.poll(() => proxy.stats().accepted).toBe(1)
    await clock.advanceAsync(60_000)
    expect(client.chunks).toEqual([])
    expect(proxy.stats().sockets).toBe(1)
  })
})
