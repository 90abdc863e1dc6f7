/** What lies still, measured for real with hardly anything to do: a bundler, a compiler, a language server, a start. */
import { afterAll, expect, test } from 'vitest'
import { findSubjects } from '../harness/find-subjects.ts'
import type { Sample, Scenario } from '../harness/scenario.ts'
import { Stage } from '../harness/stage.ts'
import { bundle } from './bundle.ts'
import { editor } from './editor.ts'
import { start } from './start.ts'
import { types } from './types.ts'

const stages: Stage[] = []

afterAll(() => Promise.all(stages.map((stage) => stage.end())))

async function measure(scenario: Scenario, name: string): Promise<Sample> {
  const subject = (await findSubjects()).find((found) => found.name === name)
  if (subject === undefined) throw new Error(`Expected a subject, got none of the name ${name}`)
  const stage = new Stage({ subject, runtime: 'node', packages: 'source' })
  stages.push(stage)
  return (await scenario.begin(stage, 'tiny')).round()
}

test('a page weighs more with its validator, less without schemas, and is larger before it is compressed', async () => {
  const { gzip = 0, gzipAll = 0, gzipOutline = 0, minified = 0 } = await measure(bundle, 'tautline')
  expect(gzipOutline).toBeGreaterThan(1_000)
  expect(gzipOutline).toBeLessThan(gzip)
  expect(gzip).toBeLessThan(gzipAll)
  expect(gzipAll).toBeLessThan(minified)
})

test('the bare page is the lightest', async () => {
  const [bare, tautline] = [await measure(bundle, 'ws-msgpack'), await measure(bundle, 'tautline')]
  expect(bare['gzip']).toBeLessThan(tautline['gzip'] ?? 0)
})

test('a contract compiles, and what it costs above its schemas is the smaller part', async () => {
  const { added30 = Number.NaN, all30 = Number.NaN } = await measure(types, 'tautline')
  expect(all30).toBeGreaterThan(1_000)
  expect(added30).toBeLessThan(all30)
})

test('a language server finds groups, procedures, types and errors', async () => {
  const names = editor.figures.map(({ name }) => name)
  expect(Object.keys(await measure(editor, 'tautline')).toSorted()).toEqual(names.toSorted())
})

test('a start is told part by part', async () => {
  const {
    serverMs,
    contractMs = 0,
    schemasMs = 0,
    implementMs = 0,
    createServerMs = 0,
  } = await measure(start, 'tautline')
  expect(serverMs).toBeCloseTo(contractMs - schemasMs + implementMs + createServerMs)
  expect(Math.min(contractMs, schemasMs, implementMs, createServerMs)).toBeGreaterThan(0)
})
