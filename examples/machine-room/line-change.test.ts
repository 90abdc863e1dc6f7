import type { ClientStatus } from '@tautline/client'
import { expect, test } from 'vitest'
import { describeChange } from './page/line-change.ts'

const status = (changes: Partial<ClientStatus>): ClientStatus => ({
  state: 'connected',
  reason: 'welcome',
  attempt: 1,
  nextAttemptAt: undefined,
  transport: 'websocket',
  since: 1_000,
  ...changes,
})

test.each<[ClientStatus, ClientStatus, string]>([
  [status({ state: 'connecting', reason: 'start' }), status({}), 'connected: welcome, connecting for 4.0 s'],
  [
    status({}),
    status({ state: 'reconnecting', reason: 'gone', code: 4503, nextAttemptAt: 5_812, transport: undefined }),
    'reconnecting: gone, code 4503, next one in 0.8 s, connected for 4.0 s',
  ],
  [
    status({ state: 'reconnecting', reason: 'code 1006', code: 1006, transport: undefined }),
    status({ state: 'reconnecting', reason: 'retry', code: 1006, attempt: 2 }),
    'reconnecting: retry, code 1006, attempt 2, by WebSocket',
  ],
  [
    status({}),
    status({ state: 'reconnecting', reason: 'code 1006', code: 1006, nextAttemptAt: 4_999, transport: undefined }),
    'reconnecting: code 1006, next one in 0.0 s, connected for 4.0 s',
  ],
  [status({}), status({ transport: 'long-poll' }), 'connected: welcome, by long poll'],
])('a change of the line is told with its reason and timing: %#', (before, after, text) => {
  expect(describeChange(before, after, 5_000)).toBe(text)
})
