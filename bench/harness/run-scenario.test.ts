import { expect, test } from 'vitest'
import type { Outcome } from './results.ts'
import { type RunPlan, runScenario } from './run-scenario.ts'
import { scenarioOf, subjectOf } from './scenario.fixture.ts'
import type { Scenario } from './scenario.ts'
import { createTimeBudget } from './time-budget.ts'

const endless = createTimeBudget(Number.POSITIVE_INFINITY, () => 0).next(1)
const plan: RunPlan = {
  scale: 'full',
  packages: 'source',
  subjects: ['tautline', 'ws', 'peer'].map((name) => subjectOf(name)),
  runtime: 'node',
  time: endless,
  turn: 0,
  date: '2026-01-02T03:04:05.678Z',
  onProgress: () => {},
}

async function outcomes(scenario: Scenario, given: Partial<RunPlan> = {}): Promise<Record<string, Outcome>> {
  const rows = await runScenario(scenario, { ...plan, ...given })
  return Object.fromEntries(rows.map(({ subject, outcome }) => [subject, outcome]))
}

/** Tells who does what, in order. */
function recording(): { readonly scenario: Scenario; readonly log: string[] } {
  const log: string[] = []
  const scenario = scenarioOf({
    begin: async ({ subject }) => {
      log.push(`begin ${subject.name}`)
      return {
        round: async () => {
          log.push(subject.name)
          return { cpuUs: log.length }
        },
      }
    },
  })
  return { scenario, log }
}

test('interleaves the rounds, when all are ready', async () => {
  const { scenario, log } = recording()
  await outcomes(scenario)
  const turn = ['tautline', 'ws', 'peer']
  expect(log).toEqual([...turn.map((name) => `begin ${name}`), ...turn, ...turn, ...turn])
})

test('lets another one go first in the next scenario, behind those that every comparison needs', async () => {
  const { scenario, log } = recording()
  const subjects = ['a', 'b', 'c', 'ws'].map((name) => subjectOf(name))
  expect(Object.keys(await outcomes(scenario, { subjects, turn: 5 }))).toEqual(['a', 'b', 'c', 'ws'])
  expect(log.slice(0, 4)).toEqual(['begin ws', 'begin c', 'begin a', 'begin b'])
})

test('tells the middle of the rounds of each figure', async () => {
  const values = [5, 1, 3]
  const scenario = scenarioOf({ begin: async () => ({ round: async () => ({ cpuUs: values.shift() ?? 0 }) }) })
  expect(await outcomes(scenario, { subjects: [subjectOf('ws')] })).toEqual({
    ws: { type: 'measured', figures: { cpuUs: { median: 3, least: 1, most: 5, values: [5, 1, 3] } } },
  })
})

test('leaves one that fails behind with its reason, and goes on with the others', async () => {
  const rounds: string[] = []
  const scenario = scenarioOf({
    begin: async ({ subject }) => {
      if (subject.name === 'ws') throw new Error('no port')
      return {
        round: async () => {
          rounds.push(subject.name)
          if (subject.name === 'peer') throw new Error('wrong answer')
          return { cpuUs: 1 }
        },
      }
    },
  })
  expect(await outcomes(scenario)).toMatchObject({
    tautline: { type: 'measured' },
    ws: { type: 'failed', reason: 'no port' },
    peer: { type: 'failed', reason: 'wrong answer' },
  })
  expect(rounds).toEqual(['tautline', 'peer', 'tautline', 'tautline'])
})

test('does not ask for what a subject says that it cannot', async () => {
  const { scenario, log } = recording()
  const subjects = [subjectOf('peer', { without: { bytes: 'text alone' } })]
  expect(await outcomes({ ...scenario, needs: ['bytes'] }, { subjects })).toEqual({
    peer: { type: 'left out', reason: 'bytes: text alone' },
  })
  expect(log).toEqual([])
})

test('where time is short, measures once what every comparison needs', async () => {
  const { scenario, log } = recording()
  const time = { mayPrepare: () => false, mayRepeat: () => false, isOver: () => false }
  expect(await outcomes(scenario, { time })).toMatchObject({
    tautline: { type: 'measured', figures: { cpuUs: { values: [expect.any(Number)] } } },
    ws: { type: 'measured' },
    peer: { type: 'left out', reason: 'the time of the run was over' },
  })
  expect(log).toHaveLength(4)
})

test('leaves out of quick runs what takes processes of its own, for all that no comparison needs', async () => {
  const { scenario } = recording()
  const short = { ...scenario, inQuickRuns: 'essential' } as const
  expect(await outcomes(short, { scale: 'quick' })).toMatchObject({
    ws: { type: 'measured' },
    peer: { type: 'left out' },
  })
  expect(await outcomes(short)).toMatchObject({ peer: { type: 'measured' } })
})

test('begins nothing when time is over', async () => {
  const { scenario, log } = recording()
  const time = { mayPrepare: () => false, mayRepeat: () => false, isOver: () => true }
  expect((await outcomes(scenario, { time }))['tautline']).toMatchObject({ type: 'left out' })
  expect(log).toEqual([])
})
