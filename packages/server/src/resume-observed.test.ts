import { CloseCode, FrameType } from '@tautline/core/protocol'
import type { MemoryLink } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { api, call, createResumeBench, listen, WINDOW_MS } from './resume.fixture.ts'
import { onlyConnection, upgradeRequest } from './test-bench.fixture.ts'

test('the application is told of one client, however often it comes back, and of every change of its session', async () => {
  const { connect, attach, lose, run, clock, told, events } = createResumeBench()
  const { peer, welcome } = await connect()
  peer.send(call(1, 'slow'))
  await clock.advanceAsync(1000)
  await lose()
  await clock.advanceAsync(250)
  const { peer: second, welcome: next } = await attach(welcome, { why: 'retry' })
  await clock.advanceAsync(500)
  const { peer: third } = await attach(next, { attempt: 3, why: 'goaway' })
  expect(told).toEqual(['connected 1'])
  await run(second.closed)
  third.close(1000)
  await clock.settle()
  expect(told).toEqual(['connected 1', 'disconnected 1'])
  expect(events).toMatchObject([
    { type: 'opened', connection: { id: '1' }, why: 'start', transport: 'websocket', notResumed: undefined },
    { type: 'detached', connection: { id: '1' }, code: 1006, reason: '', attachedMs: 1000 },
    {
      type: 'resumed',
      connection: { id: '1' },
      why: 'retry',
      transport: 'websocket',
      detachedMs: 250,
      gen: 2,
      replayed: 0,
    },
    {
      type: 'resumed',
      connection: { id: '1' },
      why: 'goaway',
      transport: 'websocket',
      detachedMs: 0,
      gen: 3,
      replayed: 0,
    },
    { type: 'ended', connection: { id: '1' }, code: 1000, reason: '', livedMs: 1750 },
  ])
})

test('the log tells what became of a session, and nothing of clients that come and go in good order', async () => {
  const { connect, attach, lose, clock, lines } = createResumeBench()
  const { peer, welcome } = await connect()
  await lose()
  await clock.advanceAsync(250)
  const { peer: second } = await attach(welcome)
  second.close(1000)
  peer.close(1000)
  await clock.settle()
  const { welcome: renewed } = await attach(welcome, { attempt: 3 })
  expect(renewed.reason).toBe('unknown')
  expect(lines).toEqual([
    'info: session detached id=1 code=1006 reason="" attachedMs=0',
    'info: session resumed id=1 why="retry" transport="websocket" detachedMs=250 gen=2 replayed=0',
    'info: session opened id=3 why="retry" transport="websocket" notResumed="unknown"',
  ])
})

test('the messages that had to be sent again are counted', async () => {
  const { connect, attach, lose, clock, server, events, run } = createResumeBench()
  const { peer, welcome } = await connect()
  peer.send(listen(1, 'tick'))
  await run(peer.next(FrameType.Ok))
  for (const n of [1, 2]) {
    server.publish(api.tick, n)
    await clock.settle()
  }
  await lose()
  await attach(welcome, { rx: 1 })
  expect(events.at(-1)).toMatchObject({ type: 'resumed', replayed: 2 })
})

test('the handle tells of the socket that there is, and of the last one while there is none', async () => {
  const { connect, attach, lose, bench } = createResumeBench()
  const { welcome } = await connect({ remoteAddress: '192.0.2.1' })
  const handle = onlyConnection(bench)
  const { request } = handle
  await lose()
  expect([handle.remoteAddress, handle.request]).toEqual(['192.0.2.1', request])
  await attach(welcome, { request: { remoteAddress: '192.0.2.2', url: new URL('ws://server.example/other') } })
  expect(onlyConnection(bench)).toBe(handle)
  expect(handle.remoteAddress).toBe('192.0.2.2')
  expect(handle.request.url.pathname).toBe('/other')
})

test('the handle cuts and closes the socket that there is', async () => {
  const { connect, attach, bench, run, clock, server } = createResumeBench()
  const { welcome } = await connect()
  const { peer, welcome: next } = await attach(welcome)
  onlyConnection(bench).terminate()
  await clock.settle()
  expect((await run(peer.closed)).code).toBe(1006)
  expect(server.stats()).toMatchObject({ sessions: 1, detached: 1 })
  const { peer: last } = await attach(next, { attempt: 3, rx: 0 })
  onlyConnection(bench).close('enough')
  expect(await run(last.next(FrameType.Close))).toMatchObject({ code: CloseCode.Normal, reason: 'enough' })
  expect(server.stats().sessions).toBe(0)
})

test('places are taken by sockets, and by no session without one', async () => {
  const { connect, lose, attach, ask, server, bench, run } = createResumeBench({ maxConnectionsPerAddress: 2 })
  const { welcome } = await connect()
  await lose()
  await connect()
  expect(await server.decideUpgrade(upgradeRequest())).toMatchObject({ accept: true })
  const { peer } = await attach(welcome)
  expect(server.stats()).toMatchObject({ connections: 2, sessions: 2 })
  expect(await server.decideUpgrade(upgradeRequest())).toMatchObject({ status: 503 })
  // A socket that has moved its session away leaves a place once it is closed.
  const third = await bench.connectRaw()
  expect((await run(third.closed)).code).toBe(CloseCode.Unavailable)
  peer.close(CloseCode.HeartbeatTimeout)
  await bench.clock.settle()
  expect(server.stats()).toMatchObject({ connections: 1, sessions: 2, detached: 1 })
  const fourth = await ask(welcome, { token: new Uint8Array(32) })
  expect((await run(fourth.next(FrameType.Welcome))).welcome.resumed).toBe(false)
})

test('more sessions than may wait end, oldest first', async () => {
  const { connect, lose, server, told, events } = createResumeBench({ resume: { windowMs: WINDOW_MS, maxDetached: 1 } })
  await connect()
  await lose()
  await connect()
  await lose()
  expect(server.stats()).toMatchObject({ sessions: 1, detached: 1 })
  expect(told).toEqual(['connected 1', 'connected 2', 'disconnected 1'])
  expect(events.at(-1)).toMatchObject({ type: 'ended', code: CloseCode.Unavailable })
})

test('a session without a connection that is given too much to keep ends with 4508', async () => {
  const { connect, lose, run, server, events } = createResumeBench({ resume: { windowMs: WINDOW_MS, bytes: 64 } })
  const { peer } = await connect()
  peer.send(listen(1, 'tick'))
  await run(peer.next(FrameType.Ok))
  await lose()
  for (let n = 0; n < 50; n++) server.publish(api.tick, n)
  expect(events.at(-1)).toMatchObject({ type: 'ended', code: CloseCode.SlowConsumer })
  expect(server.stats()).toMatchObject({ sessions: 0, detached: 0, detachedBytes: 0, topics: 0 })
})

test('a server that goes away keeps nobody waiting who cannot come back', async () => {
  const { connect, lose, server, signals, run, clock, told } = createResumeBench()
  const { peer } = await connect()
  peer.send(call(1, 'slow'))
  await run(Promise.resolve())
  await lose()
  expect(server.stats()).toMatchObject({ sessions: 1, running: 1 })
  const closed = server.close({ drainMs: 10_000 })
  await clock.settle()
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  expect(server.stats()).toMatchObject({ sessions: 0, detached: 0, running: 0 })
  expect(told.at(-1)).toBe('disconnected 1')
  await closed
})

test('what was sent and received is counted over all connections, those that were taken over among them', async () => {
  const { connect, attach, lose, bench, clock, server } = createResumeBench()
  const links: MemoryLink[] = []
  const { peer, welcome } = await connect()
  links.push(...bench.network.links)
  await lose()
  const { peer: second } = await attach(welcome)
  links.push(...bench.network.links)
  second.close(1000)
  peer.close(1000)
  await clock.settle()
  const sum = (direction: 'up' | 'down', what: 'messages' | 'bytes'): number =>
    links.reduce((all, link) => all + link[direction][what], 0)
  expect(server.traffic()).toEqual({
    received: { messages: sum('up', 'messages'), bytes: sum('up', 'bytes') },
    sent: { messages: sum('down', 'messages'), bytes: sum('down', 'bytes') },
  })
})
