/** Names of strangers are looked up in tables of ours: nothing is found there that objects inherit, and nothing is put there. */
import { FrameType } from '@tautline/core/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { codec, greetByHand, type HandClient } from '../../packages/adapters/conformance/hand-client.ts'
import { type Served, startServed } from './served.fixture.ts'

const INHERITED = Object.getOwnPropertyNames(Object.prototype)
const PATHS = [
  ...INHERITED,
  'prototype',
  'then',
  'constructor.prototype',
  '__proto__.polluted',
  'echo.constructor',
  'echo.__proto__.polluted',
  '$',
  '~api',
  '.',
  '0',
  '-1',
]

let served: Served
let client: HandClient

beforeAll(async () => {
  served = await startServed()
  client = await greetByHand(served.url)
})
afterEach(() => {
  // What everything inherits is as it was.
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(INHERITED)
  expect(Object.keys(Object.prototype)).toEqual([])
})
afterAll(async () => {
  client.raw.destroy()
  await served.close()
})

let lastId = -1
const nextId = (): number => (lastId += 2)

async function answerTo(id: number): Promise<unknown> {
  const error = client.next(FrameType.Error)
  const frame = await error
  return frame?.type === FrameType.Error && frame.id === id ? frame.code : frame
}

async function call(procedure: string, input: Uint8Array, meta?: Record<string, string>): Promise<unknown> {
  client.send({ type: FrameType.Call, id: nextId(), procedure, input, timeoutMs: undefined, meta })
  const ok = await client.next(FrameType.Ok)
  return ok?.type === FrameType.Ok && ok.output !== undefined ? codec.decode(ok.output) : undefined
}

describe('a path', () => {
  test.each(PATHS)('`%s` is no procedure, no stream and no event', async (path) => {
    const request = { procedure: path, input: undefined, timeoutMs: undefined, meta: undefined }
    const first = nextId()
    client.send({ type: FrameType.Call, id: first, ...request })
    expect(await answerTo(first)).toBe('UNKNOWN_PROCEDURE')
    const open = nextId()
    client.send({ type: FrameType.Open, id: open, ...request, resume: undefined })
    expect(await answerTo(open)).toBe('UNKNOWN_PROCEDURE')
    const listen = nextId()
    client.send({ type: FrameType.Listen, id: listen, event: path, params: undefined })
    expect(await answerTo(listen)).toBe('UNKNOWN_PROCEDURE')
  })
})

test('no path at all ends the connection that sends it, and no other', async () => {
  const other = await greetByHand(served.url)
  other.send({ type: FrameType.Call, id: 1, procedure: '', input: undefined, timeoutMs: undefined, meta: undefined })
  expect((await other.end()).code).toBe(4422)
})

describe('a key', () => {
  const text = (value: string): number[] => [0xd9, value.length, ...Buffer.from(value)]
  const polluting = [0x81, ...text('polluted'), 0xc3]

  test.each(INHERITED.filter((name) => name !== '__proto__'))('`%s` is a property of its own', async (name) => {
    const echoed = await call('echo', Uint8Array.of(0x81, ...text(name), ...polluting))
    expect(Object.getPrototypeOf(echoed)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(echoed, name)?.value).toEqual({ polluted: true })
    expect('polluted' in {}).toBe(false)
  })

  test('that is no part of a schema does not reach the handler, whatever its name', async () => {
    const keys = ['id', 'constructor', 'prototype', 'toString']
    const input = Uint8Array.of(0x80 + keys.length, ...keys.flatMap((key) => text(key).concat(text('x'))))
    expect(await call('saved', input)).toEqual({ own: ['id'], extra: [] })
  })

  test('of a record never is one that names what objects are made from', async () => {
    const keys = ['a', 'prototype', 'constructor']
    const record = [0x80 + keys.length, ...keys.flatMap((key) => text(key).concat(1))]
    const input = Uint8Array.of(0x82, ...text('id'), ...text('x'), ...text('extra'), ...record)
    expect(await call('saved', input)).toEqual({ own: ['id', 'extra'], extra: ['a'] })
  })

  test('`then` makes no value a promise: it arrives, and nothing waits for it', async () => {
    const echoed = await call('echo', Uint8Array.of(0x81, ...text('then'), ...text('resolve')))
    expect(Object.entries(echoed as object)).toEqual([['then', 'resolve']])
  })

  test('of the words about a call is a word, and no member of anything', async () => {
    for (const name of ['constructor', 'toString', 'polluted']) {
      expect(await call('echo', codec.encode(1), { [name]: 'polluted', key: 'k' })).toBe(1)
    }
  })

  test('that names a call to run once is a key like any other', async () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const saved = await call('saved', codec.encode({ id: key }), { key })
      expect(saved).toEqual({ own: ['id'], extra: [] })
    }
  })
})
