import { event, query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { createBench } from './test-bench.fixture.ts'

const api = router({
  cursor: event({ params: v.object({ room: v.string() }), payload: v.number(), volatile: true }),
  blink: event({ volatile: true }),
  filler: event({ payload: v.instance(Uint8Array) }),
  ping: query({ output: v.string() }),
})
const implementation = implement(api).handlers({ ping: () => 'pong' })

/** More than a receiver may have before it that is not behind. */
const MUCH = new Uint8Array(100_000)
const A = { room: 'a' }
const B = { room: 'b' }

async function setUp() {
  const bench = createBench(implementation)
  const [quick, slow] = [await bench.connect(), await bench.connect()]
  for (const client of [quick, slow]) {
    for (const params of [A, B]) await bench.run(client.listen('cursor', params).accepted)
    for (const name of ['blink', 'filler']) await bench.run(client.listen(name).accepted)
  }
  return { ...bench, quick, slow }
}

describe('publish of a volatile event', () => {
  test('counts those it is sent to, now or later, and not those that miss it', async () => {
    const { server, clock, quick, slow } = await setUp()
    expect(server.publish(api.cursor, A, 1)).toBe(2)
    expect(server.publish(api.blink)).toBe(2)
    await clock.settle()
    slow.link.pause('down')
    server.publish(api.filler, MUCH)
    await clock.settle()
    expect(server.publish(api.cursor, A, 2)).toBe(1)
    expect(server.publish(api.cursor, A, 3, { key: 'ada' })).toBe(2)
    slow.link.resume('down')
    await clock.settle()
    expect(slow.events.map(([, , n]) => n).at(-1)).toBe(3)
    expect(quick.events.filter(([, params]) => params !== undefined).map(([, , n]) => n)).toEqual([1, 2, 3])
  })

  test('leaves one that is behind the latest of each topic and key', async () => {
    const { server, clock, slow } = await setUp()
    slow.link.pause('down')
    server.publish(api.filler, MUCH)
    await clock.settle()
    for (let n = 1; n <= 5; n++) {
      server.publish(api.cursor, A, n, { key: 'ada' })
      server.publish(api.cursor, B, 10 * n, { key: 'ada' })
      server.publish(api.cursor, A, 100 * n, { key: 'bob' })
      server.publish(api.blink, undefined, { key: 'ada' })
      await clock.settle()
    }
    slow.link.resume('down')
    await clock.settle()
    expect(slow.events.slice(1).map(([, params, payload]) => [params, payload])).toEqual([
      [A, 5],
      [B, 50],
      [A, 500],
      [undefined, undefined],
    ])
  })

  test('tells keys from topics, whatever is in them', async () => {
    const { server, clock, slow } = await setUp()
    slow.link.pause('down')
    server.publish(api.filler, MUCH)
    await clock.settle()
    const keys = ['1', '1:', '1:1', '11', '\0']
    keys.forEach((key, n) => void server.publish(api.cursor, A, n, { key }))
    slow.link.resume('down')
    await clock.settle()
    expect(slow.events.slice(1).map(([, , n]) => n)).toEqual(keys.map((_, n) => n))
  })

  test('takes a key of 1 to 256 bytes, and for volatile events alone', async () => {
    const { server } = await setUp()
    const publish = (key: unknown) => () => server.publish(api.cursor, A, 1, { key: key as string })
    expect(publish('x')()).toBe(2)
    expect(publish('ü'.repeat(128))()).toBe(2)
    for (const key of ['', `${'ü'.repeat(128)}x`, 7, null]) {
      expect(publish(key)).toThrow('Expected `key` to be a string of 1 to 256 bytes, got ')
    }
    expect(() => server.publish(api.filler, ...([MUCH, { key: 'x' }] as unknown as [typeof MUCH]))).toThrow(
      'Expected no `key`: event `filler` is not declared `volatile`',
    )
  })

  test('is as strict about params and payload as any other, and about its size', async () => {
    const { server, slow, clock } = await setUp()
    expect(() => server.publish(api.cursor, A, 'one' as never)).toThrow('Expected the payload of `cursor`')
    const large = { room: 'x'.repeat(2 * 1024 * 1024) }
    expect(server.publish(api.cursor, large, 1)).toBe(0)
    await clock.settle()
    expect(slow.endings).toEqual([])
  })
})
