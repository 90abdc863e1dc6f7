import { expect, test } from 'vitest'
import type { CallSink, ListenSink, StreamSink } from './caller.ts'
import { Caller } from './caller.ts'
import { createRecordingLink } from './link.fixture.ts'

const REQUEST = { procedure: 'a.b', input: undefined, timeoutMs: undefined, meta: undefined, compress: true } as const
const STREAM = { ...REQUEST, resume: undefined, duplex: false } as const

function setUp() {
  const link = createRecordingLink()
  const told: string[] = []
  const caller = new Caller(link, (event) => told.push(`event ${event}`))
  const sink = (name: string): CallSink & StreamSink & ListenSink => ({
    ok: () => told.push(`${name} ok`),
    accepted: () => told.push(`${name} accepted`),
    arrived: ({ count, values }) => told.push(`${name} ${count} items ${values[1]}`),
    end: () => told.push(`${name} end`),
    writable: () => told.push(`${name} writable`),
    error: (code) => told.push(`${name} ${code}`),
    timeout: () => told.push(`${name} timeout`),
    lost: (unsent) => told.push(`${name} lost ${unsent ? 'unsent' : 'unknown'}`),
  })
  return { link, caller, told, sink }
}

test('settles each call once, by its id', () => {
  const { link, caller, told, sink } = setUp()
  const first = caller.call(REQUEST, sink('first'))
  const second = caller.call(REQUEST, sink('second'))
  expect(link.log).toEqual(['call 1 a.b', 'call 3 a.b'])
  caller.onCallerEffect({ type: 'ok', id: second, output: undefined })
  caller.onCallerEffect({ type: 'error', id: first, code: 'NO', message: '', data: undefined })
  caller.onCallerEffect({ type: 'ok', id: first, output: undefined })
  caller.onCallerEffect({ type: 'timeout', id: second })
  expect(told).toEqual(['second ok', 'first NO'])
  expect(caller.size).toBe(0)
})

test('brings items to their stream until it ends', () => {
  const { caller, told, sink } = setUp()
  const id = caller.open(STREAM, sink('stream'))
  caller.onCallerEffect({ type: 'items', id, count: 1, values: Uint8Array.of(0x91, 7), resumes: undefined })
  caller.onCallerEffect({ type: 'writable', id })
  caller.onCallerEffect({ type: 'end', id })
  caller.onCallerEffect({ type: 'items', id, count: 1, values: Uint8Array.of(0x91, 8), resumes: undefined })
  expect(told).toEqual(['stream 1 items 7', 'stream writable', 'stream end'])
  expect(caller.size).toBe(0)
})

test('keeps a topic after it was accepted, until an error ends it', () => {
  const { caller, told, sink } = setUp()
  const id = caller.listen({ event: 4, params: undefined }, sink('topic'))
  caller.onCallerEffect({ type: 'ok', id, output: undefined })
  expect(caller.size).toBe(1)
  caller.onCallerEffect({ type: 'event', event: 4, params: undefined, payload: undefined })
  caller.onCallerEffect({ type: 'error', id, code: 'FORBIDDEN', message: '', data: undefined })
  expect(told).toEqual(['topic accepted', 'event 4', 'topic FORBIDDEN'])
  expect(caller.size).toBe(0)
})

test('tells nobody anything after a cancel, and cancels settled ids no more', () => {
  const { link, caller, told, sink } = setUp()
  const id = caller.open(STREAM, sink('stream'))
  caller.cancel(id)
  caller.onCallerEffect({ type: 'items', id, count: 1, values: Uint8Array.of(0x91, 7), resumes: undefined })
  caller.cancel(id)
  expect(told).toEqual([])
  expect(link.log).toEqual(['open 1 a.b', 'cancel 1'])
})

test('keeps an id out of compressed messages before anything of it is sent', () => {
  const { link, caller, sink } = setUp()
  caller.call({ ...REQUEST, compress: false }, sink('call'))
  caller.open({ ...STREAM, compress: false }, sink('stream'))
  expect(link.log).toEqual(['plain 1', 'call 1 a.b', 'plain 3', 'open 3 a.b'])
})

test('says of each lost call whether it ever left', () => {
  const { link, caller, told, sink } = setUp()
  caller.call(REQUEST, sink('call'))
  caller.open(STREAM, sink('stream'))
  caller.listen({ event: 4, params: undefined }, sink('topic'))
  link.unsentFrom = 3
  caller.onLost()
  expect(told).toEqual(['call lost unknown', 'stream lost unsent', 'topic lost unsent'])
  expect(caller.size).toBe(0)
})

test('tells a call made on a lost connection at once', () => {
  const { caller, told, sink } = setUp()
  caller.onLost()
  caller.call(REQUEST, sink('late'))
  expect(told).toEqual(['late lost unsent'])
  expect(caller.size).toBe(0)
})

test('does not tell a sink that was cancelled while others were told of the loss', () => {
  const { caller, told, sink } = setUp()
  let second = 0
  caller.call(REQUEST, { ...sink('first'), lost: () => caller.cancel(second) })
  second = caller.call(REQUEST, sink('second'))
  caller.onLost()
  expect(told).toEqual([])
})
