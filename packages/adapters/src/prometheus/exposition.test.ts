import { describe, expect, test } from 'vitest'
import { type MetricFamily, writeBound, writeExposition } from './exposition.ts'

const calls: MetricFamily = {
  name: 'calls',
  type: 'counter',
  help: 'What "ended",\nin C:\\calls.',
  samples: [
    {
      suffix: '_total',
      labels: [
        ['path', 'a"b\\c\nd'],
        ['code', 'ö'],
      ],
      value: 3,
    },
  ],
}
const ready: MetricFamily = {
  name: 'ready',
  type: 'gauge',
  help: 'Ready.',
  samples: [{ suffix: '', labels: [], value: 0.5 }],
}

describe('metrics are written', () => {
  test('in the format 0.0.4, where counters are named as their samples are', () => {
    expect(writeExposition([calls, ready], 'prometheus').split('\n')).toEqual([
      String.raw`# HELP calls_total What "ended",\nin C:\\calls.`,
      '# TYPE calls_total counter',
      String.raw`calls_total{path="a\"b\\c\nd",code="ö"} 3`,
      '# HELP ready Ready.',
      '# TYPE ready gauge',
      'ready 0.5',
      '',
    ])
  })

  test('as OpenMetrics, with quotes escaped in helps, too, and an end', () => {
    expect(writeExposition([calls], 'openmetrics').split('\n')).toEqual([
      String.raw`# HELP calls What \"ended\",\nin C:\\calls.`,
      '# TYPE calls counter',
      String.raw`calls_total{path="a\"b\\c\nd",code="ö"} 3`,
      '# EOF',
      '',
    ])
  })

  test.each([
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
    [1e21, '1e+21'],
    [2 ** 53 - 1, '9007199254740991'],
  ])('with %d as %s', (value, text) => {
    const family: MetricFamily = { ...ready, samples: [{ suffix: '', labels: [], value }] }
    expect(writeExposition([family], 'prometheus')).toContain(`\nready ${text}\n`)
  })
})

test('bounds of buckets are floats', () => {
  expect([0.005, 1, 10, 2.5].map(writeBound)).toEqual(['0.005', '1.0', '10.0', '2.5'])
})
