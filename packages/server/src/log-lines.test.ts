import { query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { FrameType } from '@tautline/core/protocol'
import { rawHello } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { describeThrown, quote } from './log.ts'
import { createBench } from './test-bench.fixture.ts'

/** A line of its own, one that a terminal would obey, and characters that hide others. */
const HOSTILE = 'x\nerror: all is lost\r\u001b[2J\u009b2J\u007f\u2028\u2029\u202eevil\u2066\u0000'
// Anything of this kind must not be in a log.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

describe('what a peer says', () => {
  test('is quoted so that it stays on its line, and nothing in it is obeyed or hidden', () => {
    expect(quote(HOSTILE)).not.toMatch(CONTROL)
    expect(JSON.parse(quote(HOSTILE))).toBe(HOSTILE)
    expect(quote('as "it" was: é 日本')).toBe('"as \\"it\\" was: é 日本"')
  })

  test('stays on its line in the message of an error, too; its trace keeps its own lines', () => {
    const described = describeThrown(new TypeError(`no such user: ${HOSTILE}`))
    const [first = '', ...trace] = described.split('\n')
    expect(first).toContain('TypeError: no such user: x\\u000aerror: all is lost')
    expect(first).not.toMatch(CONTROL)
    expect(trace.length).toBeGreaterThan(0)
    expect(trace.every((line) => /^\s+at /.test(line))).toBe(true)
    expect(describeThrown(HOSTILE)).not.toMatch(CONTROL)
    expect(describeThrown(new Error(''))).toContain('Error')
  })
})

test('no line of the log breaks, whatever a client calls itself and whatever it says', async () => {
  const api = router({ find: query() })
  const implementation = implement(api)
    .context(({ auth, fail }) => {
      if (auth === 'nobody') fail('UNAUTHORIZED', HOSTILE)
      return {}
    })
    .handlers({
      find: () => {
        throw new Error(HOSTILE)
      },
    })
  const bench = createBench(implementation, { onError: undefined })
  const raw = await bench.connectRaw()
  raw.send({ type: FrameType.Hello, hello: rawHello({ client: HOSTILE, why: HOSTILE }) })
  raw.send({ type: FrameType.Call, id: 1, procedure: 'find', input: undefined, timeoutMs: undefined, meta: undefined })
  await bench.clock.settle()
  raw.send({ type: FrameType.Close, code: 4000, reason: HOSTILE, retry: false })
  await bench.connect({ auth: 'nobody', hello: { client: HOSTILE } })
  await bench.clock.settle()
  expect(bench.lines.length).toBeGreaterThanOrEqual(2)
  for (const line of bench.lines) {
    const [first, ...trace] = line.split('\n')
    expect(first).not.toMatch(CONTROL)
    expect(trace.every((frame) => /^\s+at /.test(frame))).toBe(true)
  }
})
