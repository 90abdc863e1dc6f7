import { expect, test } from 'vitest'
import { parseCommandLine } from './command-line.ts'

test('soaks Node for ten minutes unless it is told otherwise', () => {
  expect(parseCommandLine([])).toEqual({
    runtime: 'node',
    minutes: 10,
    clients: 200,
    seed: 1,
    out: 'soak-results',
    publish: false,
    sabotages: [],
  })
  expect(
    parseCommandLine(['--minutes', '0.5', '--runtime', 'bun', '--clients', '9', '--sabotage', 'leak,hole']),
  ).toMatchObject({ runtime: 'bun', minutes: 0.5, clients: 9, sabotages: ['leak', 'hole'] })
})

test('names an option that cannot work', () => {
  expect(() => parseCommandLine(['--runtime', 'perl'])).toThrow(
    'Expected `--runtime` to be one of node, bun, deno, got `perl`',
  )
  expect(() => parseCommandLine(['--minutes', '0'])).toThrow('Expected `--minutes` to be a number above 0, got `0`')
  expect(() => parseCommandLine(['--sabotage', 'luck'])).toThrow('Expected `--sabotage` to be one of leak')
})
