import { CloseCode } from '@tautline/core/protocol'
import { expect, test } from 'vitest'
import type { ClientStatus } from './client-status.ts'
import { describeStatus, type StatusKind } from './describe-status.ts'
import { createBench } from './test-client.fixture.ts'

const NOW = 100_000

function status(changes: Partial<ClientStatus>): ClientStatus {
  const rest = { reason: 'gone', attempt: 1, nextAttemptAt: undefined, transport: undefined, since: NOW }
  return { state: 'connected', ...rest, ...changes }
}

const described = (changes: Partial<ClientStatus>) => describeStatus(status(changes), { now: NOW })

interface Row {
  readonly status: Partial<ClientStatus>
  readonly kind: StatusKind
  readonly text: string
  readonly tone: string
  readonly canRetry: boolean
}

const ROWS: readonly Row[] = [
  { status: { state: 'idle' }, kind: 'idle', text: 'Not connected|', tone: 'none', canRetry: false },
  { status: { state: 'connecting' }, kind: 'connecting', text: 'Connecting|', tone: 'info', canRetry: false },
  {
    status: { state: 'connecting', nextAttemptAt: NOW + 2_000 },
    kind: 'retrying',
    text: 'Not connected|Trying again in 2 s.',
    tone: 'warning',
    canRetry: true,
  },
  { status: { state: 'connected' }, kind: 'connected', text: 'Connected|', tone: 'none', canRetry: false },
  { status: { resumed: true }, kind: 'connected', text: 'Connected|', tone: 'none', canRetry: false },
  {
    status: { resumed: false },
    kind: 'session-lost',
    text: 'Connected again|What was under way when the connection broke may be lost.',
    tone: 'warning',
    canRetry: false,
  },
  {
    status: { state: 'reconnecting', resumed: false },
    kind: 'reconnecting',
    text: 'Not connected|Trying again now.',
    tone: 'warning',
    canRetry: false,
  },
  {
    status: { state: 'offline' },
    kind: 'offline',
    text: 'You are offline|Waiting for the network to come back.',
    tone: 'warning',
    canRetry: true,
  },
  {
    status: { state: 'suspended', code: CloseCode.Unauthorized },
    kind: 'sign-in',
    text: 'Please sign in|Your sign-in is missing or no longer valid.',
    tone: 'error',
    canRetry: false,
  },
  {
    status: { state: 'suspended', code: CloseCode.Forbidden },
    kind: 'no-access',
    text: 'No access|You may not connect with this account or from here.',
    tone: 'error',
    canRetry: true,
  },
  {
    status: { state: 'suspended', code: CloseCode.UnsupportedVersion },
    kind: 'outdated',
    text: 'Update needed|This version does not fit the server. Reload or update.',
    tone: 'error',
    canRetry: false,
  },
  {
    status: { state: 'suspended', code: 1006, reason: 'gave up after 5 attempts' },
    kind: 'gave-up',
    text: 'Not connected|Gave up after 5 attempts.',
    tone: 'error',
    canRetry: true,
  },
  { status: { state: 'closed' }, kind: 'closed', text: 'Connection closed|', tone: 'info', canRetry: false },
]

test.each(ROWS)('$status is told as $kind', ({ status: changes, kind, text, tone, canRetry }) => {
  const description = described(changes)
  expect(description).toMatchObject({ kind, tone, canRetry })
  expect(`${description.title}|${description.detail}`).toBe(text)
})

test('every kind has its row', () => {
  expect(new Set(ROWS.map(({ kind }) => kind)).size).toBe(12)
})

test.each([
  [0.5, 1, '1 s'],
  [1_000, 1, '1 s'],
  [1_001, 2, '2 s'],
  [30_000, 30, '30 s'],
  [90_000, 90, '90 s'],
  [90_001, 91, '2 min'],
  [120_000, 120, '2 min'],
  [120_001, 121, '3 min'],
])('an attempt in %d ms comes in %i seconds, told as %s', (retryInMs, retryInSeconds, text) => {
  const description = described({ state: 'reconnecting', nextAttemptAt: NOW + retryInMs })
  expect(description).toMatchObject({ kind: 'retrying', retryInMs, retryInSeconds })
  expect(description.detail).toBe(`Trying again in ${text}.`)
})

test.each([0, -5])('an attempt that is due in %i ms is told as under way', (ms) => {
  expect(described({ state: 'reconnecting', nextAttemptAt: NOW + ms }).kind).toBe('reconnecting')
  expect(described({ state: 'connecting', nextAttemptAt: NOW + ms }).kind).toBe('connecting')
})

test.each([
  ['', ''],
  ['The room is closed.', 'The room is closed.'],
  ['come back tomorrow!', 'Come back tomorrow!'],
  [' code 1006 ', 'Code 1006.'],
])('the reason %o of who gave up is told as %o', (reason, detail) => {
  expect(described({ state: 'suspended', reason })).toMatchObject({ kind: 'gave-up', reason, detail })
})

test.each([
  [undefined, 9_999, 'session-lost'],
  [undefined, 10_000, 'connected'],
  [500, 499, 'session-lost'],
  [500, 500, 'connected'],
  [0, 0, 'connected'],
])('with `sessionLostForMs` %o a lost session is after %i ms told as %s', (sessionLostForMs, elapsedMs, kind) => {
  const connected = status({ resumed: false, since: NOW - elapsedMs })
  expect(describeStatus(connected, { now: NOW, sessionLostForMs }).kind).toBe(kind)
})

test('a client is described through a refusal and a return', async () => {
  const { client, clock, server, close } = createBench()
  const kinds: string[] = []
  client.$.onStatus((next) => kinds.push(describeStatus(next, { now: clock.now() }).kind))
  server.decide = () => ({ code: CloseCode.Unavailable, reason: 'full', retry: true })
  await clock.advanceAsync(10)
  server.decide = () => ({ code: CloseCode.Unauthorized, reason: 'who are you', retry: false })
  await clock.advanceAsync(2_000)
  server.decide = () => 'accept'
  client.$.reconnect()
  await clock.advanceAsync(10)
  await close()
  expect(kinds).toEqual(['retrying', 'connecting', 'sign-in', 'connecting', 'connected', 'closed'])
})
