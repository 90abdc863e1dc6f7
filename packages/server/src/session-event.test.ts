import { expect, test } from 'vitest'
import { describeChange, fieldsOfChange, type SessionChange } from './session-event.ts'

test.each<[SessionChange, string]>([
  [
    { type: 'opened', why: 'start', transport: 'websocket', notResumed: undefined },
    'session opened id=7 why="start" transport="websocket"',
  ],
  [
    { type: 'opened', why: 'retry', transport: 'long-poll', notResumed: 'unknown' },
    'session opened id=7 why="retry" transport="long-poll" notResumed="unknown"',
  ],
  [
    { type: 'detached', code: 1006, reason: '', attachedMs: 1234.56 },
    'session detached id=7 code=1006 reason="" attachedMs=1235',
  ],
  [
    { type: 'resumed', why: 'retry', transport: 'websocket', detachedMs: 0.4, gen: 2, replayed: 3 },
    'session resumed id=7 why="retry" transport="websocket" detachedMs=0 gen=2 replayed=3',
  ],
  [
    { type: 'ended', code: 4508, reason: 'too slow', livedMs: 60_000 },
    'session ended id=7 code=4508 reason="too slow" livedMs=60000',
  ],
])('says %o in one line', (change, line) => {
  expect(describeChange(change, '7')).toBe(line)
})

test('lets no peer break the line, or pretend to be another pair', () => {
  const change: SessionChange = {
    type: 'opened',
    why: 'retry"\nwarn: gen=9\u001b[31m\u2028',
    transport: 'websocket',
    notResumed: undefined,
  }
  const line = describeChange(change, '7')
  expect(Array.from(line).filter((character) => character < ' ')).toEqual([])
  expect(line).toContain(String.raw`why="retry\"\nwarn: gen=9\u001b[31m`)
})

test('says the same to machines, under names that no detail can take', () => {
  const change: SessionChange = { type: 'detached', code: 1006, reason: 'gone', attachedMs: 1234.56 }
  expect(fieldsOfChange(change, '7')).toEqual({
    event: 'session.detached',
    connection: '7',
    code: 1006,
    reason: 'gone',
    attachedMs: 1235,
  })
})
