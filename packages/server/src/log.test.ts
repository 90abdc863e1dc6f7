import { mutation, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { CloseCode } from '@tautline/core/protocol'
import { pino } from 'pino'
import { describe, expect, test, vi } from 'vitest'
import { fieldsFirst, type Log, type LogFields } from './log.ts'
import type { ServerOptions } from './server-options.ts'
import { createBench, upgradeRequest } from './test-bench.fixture.ts'

const api = router({ fails: mutation({}) })

const implementation = implement(api).handlers({
  fails() {
    throw new TypeError('no database')
  },
})

/** One line of each kind but those of sessions: a refused upgrade, a handler that fails, a violation. */
async function makeNews(options: Pick<ServerOptions<object, never>, 'log'>): Promise<void> {
  const bench = createBench(implementation, { onError: undefined, ...options })
  const headers = new Headers({ host: 'server.example', origin: 'https://elsewhere.example/page?token=1' })
  await bench.run(bench.server.decideUpgrade(upgradeRequest({ headers })))
  const { api: client } = await bench.connect()
  await expect(bench.run(client.fails())).rejects.toMatchObject({ code: 'INTERNAL' })
  const peer = await bench.connectRaw()
  peer.sendBytes(new Uint8Array([0xc1]))
  await bench.clock.settle()
}

const refused = {
  event: 'upgrade.refused',
  status: 403,
  why: 'origin',
  address: '192.0.2.1',
  origin: 'https://elsewhere.example',
}
const failed = {
  event: 'error',
  errorId: expect.stringMatching(/^[0-9a-f]{16}$/),
  procedure: 'fails',
  connection: '1',
  stack: expect.stringMatching(/^TypeError: no database\n/),
}
const closed = {
  event: 'connection.closed',
  connection: '2',
  address: '192.0.2.1',
  code: CloseCode.Malformed,
  reason: expect.any(String),
}
const refusedMessage = 'Upgrade refused with 403 (192.0.2.1): origin "https://elsewhere.example"'

test('pino gets the fields as its own, and the message behind them', async () => {
  const lines: unknown[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  await makeNews({ log })
  expect(lines).toEqual([
    { level: 40, msg: refusedMessage, ...refused },
    { level: 50, msg: expect.stringMatching(/^procedure fails, connection 1, error id .*no database/), ...failed },
    { level: 40, msg: expect.stringMatching(/^Connection 2 .* closed with 4422/), ...closed },
  ])
})

describe('a logger that takes', () => {
  const news = [
    ['warn', refusedMessage, refused],
    ['error', expect.any(String), failed],
    ['warn', expect.any(String), closed],
  ]

  test('the message first gets the fields behind it', async () => {
    const calls: unknown[] = []
    const take =
      (level: keyof Log) =>
      (message: string, fields: LogFields): void =>
        void calls.push([level, message, fields])
    await makeNews({ log: { info: take('info'), warn: take('warn'), error: take('error') } })
    expect(calls).toEqual(news)
  })

  test('the fields first, and does not say so, is wrapped', async () => {
    const calls: unknown[] = []
    const take =
      (level: keyof Log) =>
      (fields: LogFields, message: string): void =>
        void calls.push([level, message, fields])
    await makeNews({ log: fieldsFirst({ info: take('info'), warn: take('warn'), error: take('error') }) })
    expect(calls).toEqual(news)
  })
})

test('left out, the messages alone go to the console', async () => {
  const spies = (['info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level).mockReturnValue(undefined))
  try {
    await makeNews({ log: undefined })
    expect(spies.map((spy) => spy.mock.calls.map((args) => args.length))).toEqual([[], [1, 1], [1]])
    expect(spies[1]?.mock.calls[0]).toEqual([refusedMessage])
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
})

test.each<Log | false>([false, { info: fail, warn: fail, error: fail }])(
  'a log that is %s costs nobody anything',
  async (log) => {
    await makeNews({ log })
  },
)

function fail(): never {
  throw new Error('disk full')
}

test('an origin that is none is not told', async () => {
  const lines: LogFields[] = []
  const take = (_message: string, fields: LogFields): void => void lines.push(fields)
  const bench = createBench(implementation, { log: { info: take, warn: take, error: take } })
  const headers = new Headers({ host: 'server.example', origin: 'token=1' })
  await bench.run(bench.server.decideUpgrade(upgradeRequest({ headers })))
  expect(lines).toEqual([{ ...refused, origin: undefined }])
})
