import { expect, test } from 'vitest'
import { scenarios } from '../scenarios/scenarios.ts'
import { goals, judge } from './goals.ts'
import { measured, resultsOf } from './results.fixture.ts'

test('every goal is about a figure that a scenario measures', () => {
  for (const { scenario, figure } of goals) {
    const found = scenarios.find(({ name }) => name === scenario)
    expect(found?.figures.map(({ name }) => name)).toContain(figure)
  }
})

test.each([
  [3.5, true],
  [3.51, false],
])('a ratio is met at its bound and not past it: %d of 10', (own, met) => {
  const results = resultsOf({
    'in-flight-64 tautline': measured({ serverCpuUs: [own] }),
    'in-flight-64 ws-msgpack': measured({ serverCpuUs: [10] }),
  })
  expect(judge(results)).toMatchObject([{ runtime: 'node', got: own / 10, met }])
})

test('deliveries are compared with those of prepared bytes', () => {
  const results = resultsOf({
    'publish tautline': measured({ serverCpuUs: [9] }),
    'publish ws-msgpack': measured({ serverCpuUs: [1] }),
    'publish ws': measured({ serverCpuUs: [10] }),
  })
  expect(judge(results)).toMatchObject([{ got: 0.9, met: true }])
})

test('a value stands for itself, and what was not measured is not judged', () => {
  const results = resultsOf({
    'restart tautline': measured({ halfMs: [601] }),
    'one-call tautline': measured({ p50Us: [1] }),
  })
  expect(judge(results)).toMatchObject([{ goal: { figure: 'halfMs' }, got: 601, met: false }])
})
