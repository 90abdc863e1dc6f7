import { expect, test } from 'vitest'
import { clientCapabilities, serverCapabilities } from './capabilities.ts'
import { readmeTables } from './readme-tables.ts'

test('the README shows the capability tables as they are', () => {
  const { present, wanted } = readmeTables()
  expect(present).toBe(wanted)
})

test('every "no" has a reason', () => {
  const verdicts = [...Object.values(serverCapabilities), ...Object.values(clientCapabilities)].flatMap(({ on }) =>
    Object.values<true | string>(on),
  )
  expect(verdicts.filter((verdict) => verdict !== true && verdict.length < 10)).toEqual([])
})
