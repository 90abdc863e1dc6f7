// What the proxy does to bytes, over real sockets. Time is virtual: an age, a rate or a pause passes when the test says so.
import { createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts'
import type { ProxiedConnection } from './proxied-connection.ts'
import { connectTcp, createTcpTarget, type TcpEnd, type TcpTarget } from './tcp-ends.ts'

const KiB = 1024

let clock: VirtualClock
let target: TcpTarget
let proxy: FaultProxy

beforeEach(async () => {
  clock = createVirtualClock()
  target = await createTcpTarget()
  proxy = await createFaultProxy({ targetPort: target.port, reads: 'bytes', clock })
})

afterEach(async () => {
  await Promise.all([proxy.close(), target.close()])
  expect(proxy.stats()).toMatchObject({ sockets: 0, timers: 0 })
  expect(proxy.connections).toEqual([])
})

interface Through {
  readonly client: TcpEnd
  readonly server: TcpEnd
  readonly connection: ProxiedConnection
}

async function connectThrough(): Promise<Through> {
  const next = proxy.nextConnection()
  const client = connectTcp(proxy.port)
  return { client, server: await target.next(), connection: await next }
}

describe('without a fault', () => {
  test('carries bytes both ways, and each FIN by itself', async () => {
    const { client, server, connection } = await connectThrough()
    client.socket.end('up')
    expect(await server.received(2)).toEqual(Buffer.from('up'))
    expect(await server.ended).toBe('end')
    server.socket.end('down')
    expect(await client.received(4)).toEqual(Buffer.from('down'))
    expect(await client.ended).toBe('end')
    await connection.closed
    expect(proxy.stats()).toEqual({ accepted: 1, forwarded: 1, sockets: 0, timers: 0 })
  })

  test('carries an RST on', async () => {
    const { client, server, connection } = await connectThrough()
    client.socket.write('up')
    await server.received(2)
    client.socket.resetAndDestroy()
    expect(await server.ended).toBe('reset')
    await connection.closed
  })

  test('reads no faster than the other end does', async () => {
    const { client, server, connection } = await connectThrough()
    server.socket.pause()
    const bytes = Buffer.alloc(32 * KiB * KiB, 1)
    client.socket.write(bytes)
    // Nothing moves any more: the kernel, the proxy and the sender are full.
    let before = -1
    await expect.poll(() => [before, (before = connection.up.passedBytes)].every((n) => n === before)).toBe(true)
    expect(connection.up.passedBytes).toBeLessThan(bytes.byteLength)
    expect(client.socket.writableLength).toBeGreaterThan(0)
    server.socket.resume()
    expect((await server.received(bytes.byteLength)).equals(bytes)).toBe(true)
  })

  test('tells a client of an unreachable target by RST', async () => {
    await target.close()
    expect(await connectTcp(proxy.port).ended).toBe('reset')
  })

  test('goes to another target when told to', async () => {
    const other = await createTcpTarget()
    proxy.retarget(other.port)
    const client = connectTcp(proxy.port)
    const server = await other.next()
    client.socket.write('here')
    expect(await server.received(4)).toEqual(Buffer.from('here'))
    await other.close()
    expect(await client.ended).toBe('end')
  })
})

describe('cuts', () => {
  test('resets both ends', async () => {
    const { client, server, connection } = await connectThrough()
    connection.reset()
    expect(await Promise.all([client.ended, server.ended])).toEqual(['reset', 'reset'])
  })

  test('resets one end, and tells the other nothing', async () => {
    const { client, server, connection } = await connectThrough()
    connection.reset('client')
    expect(await client.ended).toBe('reset')
    // Read and lost: a socket that is alive for all its server knows.
    server.socket.write('into nothing')
    await expect.poll(() => connection.down.droppedBytes).toBe(12)
    expect(server.socket.readyState).toBe('open')
    server.socket.end()
    expect(await server.ended).toBe('end')
    await connection.closed
  })

  test.for([
    ['reset', 'reset'],
    ['end', 'end'],
  ] as const)('cuts a direction at its byte by %s, which is the last that arrives', async ([act, ended]) => {
    const { client, server, connection } = await connectThrough()
    connection.up.at({ byte: 5 }, act)
    client.socket.write('123')
    client.socket.write('4567')
    expect(await server.ended).toBe(ended)
    expect(Buffer.concat(server.chunks)).toEqual(Buffer.from('12345'))
    expect(connection.up.passedBytes).toBe(5)
  })

  test('cuts before the first byte', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.at({ byte: 0 }, 'reset')
    client.socket.write('1')
    expect(await server.ended).toBe('reset')
    expect(server.chunks).toEqual([])
  })

  test('cuts at an age', async () => {
    const { client, server, connection } = await connectThrough()
    connection.afterMs(250, () => {
      connection.reset()
    })
    await clock.advanceAsync(249)
    client.socket.write('alive')
    await server.received(5)
    clock.advance(1)
    expect(await Promise.all([client.ended, server.ended])).toEqual(['reset', 'reset'])
  })

  test('forgets the age of a connection that is over', async () => {
    const { connection } = await connectThrough()
    connection.afterMs(250, () => {
      connection.reset()
    })
    expect(proxy.stats().timers).toBe(1)
    connection.reset()
    await connection.closed
    expect(proxy.stats().timers).toBe(0)
  })
})

describe('stalls and drops', () => {
  test('a stalled direction meets back-pressure, and goes on without loss', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.at({ byte: 3 }, 'stall')
    const bytes = Buffer.alloc(32 * KiB * KiB, 1)
    client.socket.write(bytes)
    await expect.poll(() => connection.up.mode).toBe('stalled')
    await server.received(3)
    server.socket.write('down')
    expect(await client.received(4)).toEqual(Buffer.from('down'))
    expect(client.socket.writableLength).toBeGreaterThan(0)
    expect(connection.up.passedBytes).toBe(3)
    connection.up.flow()
    expect((await server.received(bytes.byteLength)).equals(bytes)).toBe(true)
  })

  test('a stalled direction tells of neither FIN nor RST until it goes on', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.stall()
    client.socket.end('last words')
    await expect.poll(() => client.socket.writableFinished).toBe(true)
    server.socket.write('still here')
    await client.received(10)
    expect(server.chunks).toEqual([])
    connection.up.flow()
    expect(await server.received(10)).toEqual(Buffer.from('last words'))
    expect(await server.ended).toBe('end')
  })

  test('a dropped direction is read and vanishes, and so does its end', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.at({ byte: 2 }, 'drop')
    client.socket.write('12345')
    await expect.poll(() => connection.up.droppedBytes).toBe(3)
    client.socket.resetAndDestroy()
    // Both know of the end by the time that the proxy has closed its socket for it.
    await expect.poll(() => proxy.stats().sockets).toBe(1)
    expect(Buffer.concat(server.chunks)).toEqual(Buffer.from('12'))
    expect(server.socket.readyState).toBe('open')
  })
})

describe('paces', () => {
  test('hands over so many bytes a second', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.setPace({ type: 'rate', bytesPerSecond: 1000 })
    client.socket.write(Buffer.alloc(2000, 1))
    await expect.poll(() => connection.up.passedBytes).toBe(2000)
    await clock.advanceAsync(999)
    await server.received(990)
    expect(Buffer.concat(server.chunks)).toHaveLength(990)
    await clock.advanceAsync(1)
    await server.received(1000)
    await clock.advanceAsync(1000)
    expect(await server.received(2000)).toHaveLength(2000)
  })

  test('hands over a byte now and then where the rate is lower than one in each step', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.setPace({ type: 'rate', bytesPerSecond: 4 })
    client.socket.write('abc')
    await expect.poll(() => connection.up.passedBytes).toBe(3)
    await clock.advanceAsync(249)
    expect(server.chunks).toEqual([])
    await clock.advanceAsync(1)
    expect(await server.received(1)).toEqual(Buffer.from('a'))
  })

  test('splits what comes into pieces of their own', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.setPace({ type: 'split', pieceBytes: 2 })
    client.socket.write('12345')
    await expect.poll(() => connection.up.passedBytes).toBe(5)
    expect(await server.received(2)).toEqual(Buffer.from('12'))
    await clock.settle()
    await server.received(5)
    // The last two may be read together: how TCP delivers what waits is its own affair.
    expect(server.chunks.map(String)[0]).toBe('12')
    expect(Buffer.concat(server.chunks).toString()).toBe('12345')
  })

  test('merges what comes until there is enough of it', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.setPace({ type: 'merge', atLeastBytes: 4, pauseMs: 100 })
    client.socket.write('123')
    await expect.poll(() => connection.up.passedBytes).toBe(3)
    client.socket.write('4')
    expect(await server.received(4)).toEqual(Buffer.from('1234'))
    expect(server.chunks).toHaveLength(1)
  })

  test('merges what comes until a pause after the last of it', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.setPace({ type: 'merge', atLeastBytes: 100, pauseMs: 100 })
    client.socket.write('12')
    await expect.poll(() => connection.up.passedBytes).toBe(2)
    await clock.advanceAsync(99)
    client.socket.write('3')
    await expect.poll(() => connection.up.passedBytes).toBe(3)
    await clock.advanceAsync(99)
    expect(server.chunks).toEqual([])
    await clock.advanceAsync(1)
    expect(await server.received(3)).toEqual(Buffer.from('123'))
    expect(server.chunks).toHaveLength(1)
  })

  test('cuts only when a slow direction has handed over all before the place', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.setPace({ type: 'merge', atLeastBytes: 100, pauseMs: 100 })
    connection.up.at({ byte: 2 }, 'reset')
    client.socket.write('123')
    await expect.poll(() => connection.up.mode).toBe('acting')
    expect(client.socket.readyState).toBe('open')
    await clock.advanceAsync(100)
    expect(await server.ended).toBe('reset')
    expect(Buffer.concat(server.chunks)).toEqual(Buffer.from('12'))
  })

  test('hands over at once what an earlier pace held back', async () => {
    const { client, server, connection } = await connectThrough()
    connection.up.setPace({ type: 'merge', atLeastBytes: 100, pauseMs: 100 })
    client.socket.write('12')
    await expect.poll(() => connection.up.passedBytes).toBe(2)
    connection.up.setPace({ type: 'at-once' })
    expect(await server.received(2)).toEqual(Buffer.from('12'))
    expect(proxy.stats().timers).toBe(0)
  })
})

describe('admissions', () => {
  test('closes or resets on accept', async () => {
    proxy.admit((index) => ({ type: index === 0 ? 'close' : 'reset' }))
    expect(await connectTcp(proxy.port).ended).toBe('end')
    expect(await connectTcp(proxy.port).ended).toBe('reset')
    proxy.admit({ type: 'forward' })
    await connectThrough()
    expect(proxy.stats()).toMatchObject({ accepted: 3, forwarded: 1 })
  })
})

describe('admissions of upgrades', () => {
  const UPGRADE = 'GET /rpc HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\r\n'
  const POST = 'POST /rpc HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody'

  test('refuses upgrades and lets other requests pass, to their last byte', async () => {
    proxy.admitUpgrades({ type: 'refuse', status: 403 })
    const refused = connectTcp(proxy.port)
    refused.socket.write(UPGRADE)
    expect(await refused.ended).toBe('end')
    expect(Buffer.concat(refused.chunks).toString()).toMatch(/^HTTP\/1\.1 403 /)
    const client = connectTcp(proxy.port)
    client.socket.write(POST.slice(0, 30))
    await expect.poll(() => proxy.stats().accepted).toBe(2)
    client.socket.write(POST.slice(30))
    const server = await target.next()
    expect(String(await server.received(POST.length))).toBe(POST)
    client.socket.end('more')
    expect(String(await server.received(POST.length + 4))).toBe(`${POST}more`)
    expect(await server.ended).toBe('end')
    expect(proxy.stats()).toMatchObject({ accepted: 2, forwarded: 1 })
  })

  test('lets one pass whose head comes when they pass again', async () => {
    proxy.admitUpgrades({ type: 'hang' })
    const client = connectTcp(proxy.port)
    client.socket.write(UPGRADE.slice(0, -1))
    await expect.poll(() => proxy.stats().accepted).toBe(1)
    expect(proxy.stats().forwarded).toBe(0)
    proxy.admitUpgrades({ type: 'forward' })
    client.socket.write(UPGRADE.slice(-1))
    const server = await target.next()
    expect(String(await server.received(UPGRADE.length))).toBe(UPGRADE)
  })

  test('a connection that is planned to stall at its beginning does', async () => {
    await proxy.close()
    proxy = await createFaultProxy({
      targetPort: target.port,
      reads: 'bytes',
      clock,
      onConnection: ({ up }) => {
        up.stall()
      },
    })
    proxy.admitUpgrades({ type: 'reset' })
    const next = proxy.nextConnection()
    const client = connectTcp(proxy.port)
    client.socket.write(POST)
    const [{ up }, server] = await Promise.all([next, target.next()])
    server.socket.write('down')
    await client.received(4)
    expect(up.passedBytes).toBe(0)
    up.flow()
    await server.received(POST.length)
  })
})

test('close() cuts whatever is under way, in any state', async () => {
  const all = [await connectThrough(), await connectThrough(), await connectThrough()] as const
  all[0].connection.up.stall()
  all[1].connection.down.drop()
  all[2].connection.up.setPace({ type: 'rate', bytesPerSecond: 1 })
  proxy.admit({ type: 'hang' })
  const hung = connectTcp(proxy.port)
  for (const { client } of all) client.socket.write('up')
  await expect.poll(() => proxy.stats()).toMatchObject({ accepted: 4, sockets: 7, timers: 1 })
  await proxy.close()
  expect(proxy.stats()).toMatchObject({ sockets: 0, timers: 0 })
  await hung.ended
})
