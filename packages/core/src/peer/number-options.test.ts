import { expect, test } from 'vitest'
import { checkNumber, numberOptions } from './number-options.ts'

const DEFAULTS = { calls: 256, bytes: 1024 }
const FINITE = { name: 'limits', least: 1, most: Number.MAX_SAFE_INTEGER }

test('takes what was given, and the default of what was left out, also by `undefined`', () => {
  const given: Partial<typeof DEFAULTS> = JSON.parse('{"calls":1}')
  Object.assign(given, { bytes: undefined })
  expect(numberOptions(DEFAULTS, given, FINITE)).toEqual({ calls: 1, bytes: 1024 })
  expect(numberOptions(DEFAULTS, undefined, FINITE)).toEqual(DEFAULTS)
})

test.each([
  [0, 'Expected `limits.calls` to be an integer >= 1, got `0` (number)'],
  [1.5, 'Expected `limits.calls` to be an integer >= 1, got `1.5` (number)'],
  [Number.NaN, 'Expected `limits.calls` to be an integer >= 1, got `NaN` (number)'],
  [Number.POSITIVE_INFINITY, 'Expected `limits.calls` to be an integer >= 1, got `Infinity` (number)'],
  ['1', 'Expected `limits.calls` to be an integer >= 1, got `"1"` (string)'],
])('refuses %o', (calls, message) => {
  // As from where no compiler looked.
  expect(() => numberOptions(DEFAULTS, { calls: calls as number }, FINITE)).toThrow(new TypeError(message))
})

test('refuses an option that there is not', () => {
  const given = { callz: 1 } as Partial<typeof DEFAULTS>
  expect(() => numberOptions(DEFAULTS, given, FINITE)).toThrow('Expected a known option in `limits`, got `callz`')
})

test('knows the most, and Infinity only where it is that', () => {
  const range = { least: 0, most: Number.POSITIVE_INFINITY }
  expect(() => checkNumber('calls', Number.POSITIVE_INFINITY, range)).not.toThrow()
  expect(() => checkNumber('calls', 0, range)).not.toThrow()
  expect(() => checkNumber('level', 10, { least: 1, most: 9 })).toThrow('an integer >= 1 and <= 9, got `10` (number)')
  expect(() => checkNumber('calls', -1, range)).toThrow('Expected `calls` to be an integer >= 0, got `-1` (number)')
})
