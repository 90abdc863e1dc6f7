import { query, router } from '@tautline/core'
import type { Connector } from '@tautline/core/io'
import { createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from './create-client.ts'

/** The first retry in a row follows after up to a second: half of it, by `random`. */
const FIRST_RETRY_MS = 500
/** Fixed by PROTOCOL.md, "Choosing a transport". */
const FALLBACK_AFTER_MS = 2_500

interface Refusal {
  readonly afterMs: number
  readonly retryAfterMs: number | undefined
}

/** Fails after a while, as one that is refused. */
function refused(clock: VirtualClock, kind: string, { afterMs, retryAfterMs }: Refusal): Connector {
  return {
    kind,
    connect(listener) {
      clock.schedule(clock.now() + afterMs, () => listener.onClose(1006, 'refused', retryAfterMs))
      return { kind, compresses: false, backlogBytes: 0, send() {}, close() {}, abort() {} }
    },
  }
}

function connect(clock: VirtualClock, ...connectors: readonly [Connector, ...Connector[]]) {
  const connector = connectors
  const client = createClient(router({ ping: query() }), {
    connector,
    clock,
    random: () => 0.5,
    pageSignals: () => () => {},
  })
  onTestFinished(async () => {
    const closed = client.$.close()
    await clock.advanceAsync(60_000)
    await closed
    expect(clock.pending).toBe(0)
  })
  return client
}

test.each([
  [undefined, 0],
  [0, 0],
  [7_000, 7_000],
])(
  'a client that is told to stay away for %s ms comes back no earlier than its own delay behind %i ms',
  async (retryAfterMs, ms) => {
    const clock = createVirtualClock()
    const client = connect(clock, refused(clock, 'long-poll', { afterMs: 10, retryAfterMs }))
    await clock.advanceAsync(10)
    expect(client.$.status).toMatchObject({ attempt: 1, nextAttemptAt: 10 + ms + FIRST_RETRY_MS })
  },
)

test('what one transport is told holds where another one of the same attempt fails later, and is told nothing', async () => {
  const clock = createVirtualClock()
  const failsAt = FALLBACK_AFTER_MS + 1_000
  const client = connect(
    clock,
    refused(clock, 'websocket', { afterMs: failsAt, retryAfterMs: undefined }),
    refused(clock, 'long-poll', { afterMs: 10, retryAfterMs: 7_000 }),
  )
  await clock.advanceAsync(failsAt)
  expect(client.$.status).toMatchObject({ attempt: 1, nextAttemptAt: failsAt + 7_000 + FIRST_RETRY_MS })
})

test('but not the attempt after that', async () => {
  const clock = createVirtualClock()
  let retryAfterMs: number | undefined = 7_000
  const connector: Connector = {
    kind: 'long-poll',
    connect: (listener) => refused(clock, 'long-poll', { afterMs: 10, retryAfterMs }).connect(listener),
  }
  const client = connect(clock, connector)
  await clock.advanceAsync(10)
  retryAfterMs = undefined
  const again = client.$.status.nextAttemptAt ?? 0
  await clock.advanceAsync(again - 10 + 10)
  expect(client.$.status.attempt).toBe(2)
  expect((client.$.status.nextAttemptAt ?? 0) - clock.now()).toBeLessThan(7_000)
})
