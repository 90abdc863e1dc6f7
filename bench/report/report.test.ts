import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scenarioOf } from '../harness/scenario.fixture.ts'
import { barChart } from './bar-chart.ts'
import { formatNumber, formatRatio } from './format-number.ts'
import { lineChart } from './line-chart.ts'
import { renderMarkdown } from './markdown.ts'
import { measured, resultsOf } from './results.fixture.ts'
import { renderTerminal } from './terminal.ts'
import { writeReport } from './write-report.ts'

const scenario = scenarioOf({
  name: 'in-flight-64',
  title: 'Calls in flight',
  figures: [
    { name: 'serverCpuUs', title: 'server CPU', unit: 'µs', better: 'less' },
    { name: 'perSecond', title: 'calls', unit: 'per second', better: 'more' },
  ],
  headline: 'serverCpuUs',
})
const results = resultsOf({
  'in-flight-64 tautline': measured({ serverCpuUs: [5, 4, 6], perSecond: [160_000] }),
  'in-flight-64 ws-msgpack': measured({ serverCpuUs: [10], perSecond: [80_000] }),
  'in-flight-64 peer': { type: 'failed', reason: 'server ended with 1: no port\n  at somewhere' },
  'in-flight-64 other': { type: 'left out', reason: 'the time of the run was over' },
})

test('a page has each figure with its spread and its ratio, and the reason where there is none', () => {
  const page = renderMarkdown(results, { scenarios: [scenario], charts: new Map([['in-flight-64 node', 'chart.svg']]) })
  expect(page).toContain('2026-01-02, A processor, 2 cores, 8 GiB, Linux 6; Node 24.1.2.\n')
  expect(page).toContain('| 64 in flight, server CPU | Node | 0.35 | 0.50 | **missed** |')
  expect(page).toContain('| The tautline | tautline 1.2.3 | nothing | bytes | no |')
  expect(page).toContain('![Calls in flight, Node](chart.svg)')
  expect(page).toContain(
    [
      '|  | server CPU, µs | calls, per second |',
      '| --- | --- | --- |',
      '| The tautline | 5 (4 to 6) **0.50** | 160,000 **2.00** |',
      '| The ws-msgpack | 10 **1.00** | 80,000 **1.00** |',
      '| The peer | failed: server ended with 1: no port |  |',
      '| The other | the time of the run was over |  |',
    ].join('\n'),
  )
})

test('a page of several runs says from when to when they were', () => {
  const [first, ...rest] = results.rows
  const rows = [...rest, { ...first!, date: '2026-01-05T00:00:00.000Z' }]
  expect(renderMarkdown({ ...results, rows }, { scenarios: [scenario], charts: new Map() })).toContain(
    '2026-01-02 to 2026-01-05, A processor',
  )
})

test('a quick run says on its page that it is one', () => {
  const page = renderMarkdown({ ...results, scale: 'quick' }, { scenarios: [scenario], charts: new Map() })
  expect(page).toContain('**A quick run**')
})

test('the terminal shows headlines, reasons and goals', () => {
  expect(renderTerminal(results, [scenario])).toBe(`Calls in flight: server CPU, µs
  The tautline    node  x 0.50   5 (4 to 6)
  The ws-msgpack  node  x 1.00   10
  The peer        node  failed: server ended with 1: no port
  no time for The other

Goals
  missed  64 in flight, server CPU  node  0.50 of at most 0.35`)
})

test('bars stand in order, the best first, and say their figures without colours', () => {
  const svg = barChart(results, scenario, 'node') ?? ''
  expect(svg).toContain(
    '<title id="title">Calls in flight, server CPU: The tautline 5 µs, The ws-msgpack 10 µs</title>',
  )
  expect(svg).toContain('>5 · ×0.50</text>')
  expect(svg).toContain('@media (prefers-color-scheme: dark)')
  const byRate = barChart(results, { ...scenario, headline: 'perSecond' }, 'node') ?? ''
  expect(byRate.indexOf('The tautline')).toBeLessThan(byRate.indexOf('The ws-msgpack'))
})

test('where more is better, the most comes first', () => {
  const slow = resultsOf({
    'in-flight-64 a': measured({ perSecond: [1] }),
    'in-flight-64 b': measured({ perSecond: [2] }),
  })
  const svg = barChart(slow, { ...scenario, headline: 'perSecond' }, 'node') ?? ''
  expect(svg.indexOf('The b')).toBeLessThan(svg.indexOf('The a'))
})

test('nothing is drawn of a single figure', () => {
  const single = resultsOf({ 'in-flight-64 tautline': measured({ serverCpuUs: [1] }) })
  expect(barChart(single, scenario, 'node')).toBeUndefined()
})

test('labels cannot break a chart', () => {
  const named = { ...results, subjects: results.subjects.map((subject) => ({ ...subject, label: '<a & b>' })) }
  expect(barChart(named, scenario, 'node')).toContain('&lt;a &amp; b&gt;')
})

const series = scenarioOf({
  name: 'series',
  figures: [1, 10, 100].map((at) => ({ name: `at${String(at)}`, title: '', unit: 'µs', better: 'less', at })),
  series: { axis: 'things & more' },
})

test('a series is drawn over what it grows with, in powers of ten', () => {
  const grown = resultsOf({
    'series tautline': measured({ at1: [10], at10: [1], at100: [1] }),
    'series ws-msgpack': measured({ at1: [100], at10: [10] }),
  })
  const svg = lineChart(grown, series, 'node') ?? ''
  const [first, second] = Array.from(svg.matchAll(/class="curve c\d" d="M([\d. L]+)"/g), ([, path = '']) =>
    path.split('L').map((point) => point.split(' ').map(Number)),
  )
  // From 1 to 100 both ways: the middle of the plot is 10.
  expect(first).toEqual([
    [60, 168],
    [310, 278],
    [560, 278],
  ])
  expect(second).toEqual([
    [60, 58],
    [310, 168],
  ])
  expect(svg).toContain('things &amp; more')
})

test('a report is a page, its data and its charts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'))
  try {
    const page = await writeReport(folder, results, [scenario])
    expect((await readdir(folder)).sort()).toEqual(['README.md', 'in-flight-64-node.svg', 'results.json'])
    expect(await readFile(page, 'utf8')).toContain('(in-flight-64-node.svg)')
    expect(JSON.parse(await readFile(join(folder, 'results.json'), 'utf8'))).toEqual(results)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('numbers have three digits that mean something', () => {
  expect([0.0345, 1.234, 12.34, 123.4, 12_345.6].map(formatNumber)).toEqual(['0.035', '1.23', '12.3', '123', '12,346'])
  expect([0.0345, 0.5, 12].map(formatRatio)).toEqual(['0.035', '0.50', '12.00'])
})
