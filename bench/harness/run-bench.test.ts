/** The quick path for real, with hardly anything to do: processes, sockets, orders and counts. */
import { encode } from '@msgpack/msgpack'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { scenarios } from '../scenarios/scenarios.ts'
import { todoOf } from '../workload.ts'
import { findSubjects } from './find-subjects.ts'
import { OrderedProcess } from './ordered-process.ts'
import type { Results } from './results.ts'
import { runBench, scheduleOf } from './run-bench.ts'
import { subjectOf } from './scenario.fixture.ts'
import { Stage } from './stage.ts'
import { createTimeBudget } from './time-budget.ts'

const time = createTimeBudget(Number.POSITIVE_INFINITY, () => 0)

async function measure(...names: readonly string[]): Promise<Results> {
  const subjects = (await findSubjects()).filter(({ name }) => name === 'tautline' || name === 'ws-msgpack')
  return runBench({
    scale: 'tiny',
    packages: 'source',
    runtimes: ['node'],
    scenarios: scenarios.filter(({ name }) => names.includes(name)),
    subjects,
    onProgress: () => {},
    time,
    date: '2026-01-01T00:00:00.000Z',
  })
}

function figure(results: Results, place: string, name: string): number {
  const row = results.rows.find(({ scenario, subject }) => `${scenario} ${subject}` === place)
  if (row?.outcome.type !== 'measured') throw new Error(JSON.stringify(row))
  return row.outcome.figures[name]?.median ?? Number.NaN
}

describe('a run', () => {
  let results: Results

  beforeAll(async () => {
    results = await measure('in-flight-64', 'stream', 'publish-compressed', 'wire-bytes', 'cold', 'restart')
  })

  test('measures Tautline and the baseline, each in processes of its own', () => {
    for (const subject of ['tautline', 'ws-msgpack']) {
      expect(figure(results, `in-flight-64 ${subject}`, 'serverCpuUs')).toBeGreaterThan(0)
      expect(figure(results, `cold ${subject}`, 'p50Us')).toBeGreaterThan(0)
      expect(figure(results, `stream ${subject}`, 'wireBytes')).toBeGreaterThan(1)
    }
  })

  test('counts how often deflate runs: once for all three subscribers, or once for each of them', () => {
    expect(figure(results, 'publish-compressed tautline', 'deflates')).toBe(1)
    expect(figure(results, 'publish-compressed ws-msgpack', 'deflates')).toBe(3)
  })

  test('counts the bytes of a call as they are on the wire', () => {
    // Two bytes of header and four of mask up, two down; an id takes one byte, or two from 128 on.
    const call = 6 + encode([0, 1, 'get', { id: 't10' }]).length + 2 + encode([1, 1, todoOf('t10')]).length
    expect(Math.abs(figure(results, 'wire-bytes ws-msgpack', 'call') - call)).toBeLessThan(4)
  })

  test('brings clients back that have lost their server', () => {
    expect(figure(results, 'restart tautline', 'allMs')).toBeGreaterThan(0)
    const bare = results.rows.find(({ scenario, subject }) => scenario === 'restart' && subject === 'ws-msgpack')
    expect(bare?.outcome).toMatchObject({ type: 'left out', reason: expect.stringMatching(/^reconnect: /) })
  })
})

describe('a stage', () => {
  const stages: Stage[] = []
  const stageOf = (name: string): Stage => {
    const stage = new Stage({ subject: subjectOf(name), runtime: 'node', packages: 'source' })
    stages.push(stage)
    return stage
  }

  afterEach(async () => {
    await Promise.all(stages.splice(0).map((stage) => stage.end()))
  })

  test('says why a process has ended', async () => {
    await expect(stageOf('nothing-of-the-kind').server()).rejects.toThrow(/ended with 1: .*Cannot find module/)
  })

  test('says what a process could not do', async () => {
    const { server } = await stageOf('ws').server({ start: 'when-told' })
    await expect(server.order('publish', { event: 'tick', number: 1 })).rejects.toThrow('Expected an order to listen')
  })

  test('fails what is asked of a process that is gone', async () => {
    const { server } = await stageOf('ws').server()
    const late = server.order('usage', {})
    await server.kill()
    await expect(late.then(() => server.order('usage', {}))).rejects.toThrow('server-process.ts ended with SIGKILL')
  })

  test('ends whatever it has started', async () => {
    const stage = stageOf('ws')
    const { server, client } = await stage.pair()
    await client.order('open', { count: 2 })
    await stage.end()
    expect(server).toBeInstanceOf(OrderedProcess)
    await expect(server.order('usage', {})).rejects.toThrow('ended with SIGKILL')
    await expect(client.order('closeAll', {})).rejects.toThrow('ended with SIGKILL')
  })
})

test('leaves series to full runs, and byte counts to Node', () => {
  const names = (scale: 'full' | 'quick', runtime: 'bun' | 'node') =>
    scheduleOf({ scenarios, scale, runtimes: [runtime] }).map(({ scenario }) => scenario.name)
  expect(names('full', 'node')).toEqual(scenarios.map(({ name }) => name))
  expect(names('quick', 'node')).not.toContain('scaling-items')
  expect(names('full', 'bun')).not.toContain('wire-bytes')
})
