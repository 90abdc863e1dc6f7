import { afterEach, expect, test } from 'vitest'
import { createEchoAcceptor } from '../echo-acceptor.fixture.ts'
import { RawPoll } from '../raw-poll.fixture.ts'
import type { BunGlobal, BunListener } from './bun-api.ts'
import { tautline } from './tautline.ts'

let listener: BunListener | undefined
afterEach(() => listener?.stop(true))

test('holds a poll for longer than Bun lets requests be silent', async () => {
  const { Bun: bun } = globalThis as unknown as { readonly Bun: BunGlobal }
  const server = createEchoAcceptor()
  listener = bun.serve({ port: 0, idleTimeout: 1, ...tautline(server, { longPoll: { holdMs: 5000 } }) })
  const client = new RawPoll(`http://127.0.0.1:${String(listener.port)}/`)
  await client.open(Uint8Array.of(1))
  expect(await client.poll(1)).toEqual({ seq: 0, ack: 1, parts: [] })
  server.sockets[0]?.terminate()
})
