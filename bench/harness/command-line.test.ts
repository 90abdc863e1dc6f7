import { expect, test } from 'vitest'
import { parseCommandLine } from './command-line.ts'

const choices = { scenarios: ['one', 'two', 'three'], subjects: ['tautline', 'ws'], defaultOut: '/results' }
const parse = (...args: string[]) => parseCommandLine(args, choices)

test('measures everything on Node in full unless told otherwise', () => {
  expect(parse()).toEqual({
    scale: 'full',
    scenarios: choices.scenarios,
    subjects: choices.subjects,
    runtimes: ['node'],
    out: '/results',
    publish: false,
    update: false,
    packages: 'built',
  })
})

test('takes lists with commas and repeated options, in the order of what there is', () => {
  expect(parse('--only', 'three,one', '--subjects', 'ws', '--runtime', 'deno', '--runtime', 'bun')).toMatchObject({
    scenarios: ['one', 'three'],
    subjects: ['ws'],
    runtimes: ['bun', 'deno'],
  })
})

test('takes the rest', () => {
  expect(parse('--quick', '--source', '--out', 'here')).toMatchObject({
    scale: 'quick',
    packages: 'source',
    out: 'here',
  })
  expect(parse('--publish', '--update')).toMatchObject({ publish: true, update: true })
  expect(parse('--help')).toBe('help')
  expect(parse('--list')).toBe('list')
})

test('says what there is where something else is asked for', () => {
  expect(() => parse('--only', 'four')).toThrow('Expected `--only` to be out of one, two, three, got `four`')
  expect(() => parse('--runtime', 'node,quickjs')).toThrow('Expected `--runtime` to be out of node, bun, deno')
  expect(() => parse('--fast')).toThrow("Unknown option '--fast'")
})

test('publishes no quick runs', () => {
  expect(() => parse('--quick', '--publish')).toThrow('Expected `--publish` without `--quick`')
})
