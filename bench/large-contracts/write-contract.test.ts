import { describe, expect, test } from 'vitest'
import { libraryTextOf, typedSubjects } from './library-texts.ts'
import { groupsOf, sampleOf } from './procedures.ts'
import { writeContract } from './write-contract.ts'

const count = (text: string, part: RegExp): number => text.match(part)?.length ?? 0

test('groups of ten, each tenth procedure a subscription', () => {
  const procedures = groupsOf(300).flatMap((group) => group.procedures)
  expect(groupsOf(300)).toHaveLength(30)
  expect(procedures.map(({ number }) => number)).toEqual(Array.from({ length: 300 }, (_, n) => n))
  expect(procedures.filter(({ kind }) => kind === 'subscription')).toHaveLength(30)
})

test('a number that tens do not divide leaves the last group short', () => {
  expect(groupsOf(25).map(({ procedures }) => procedures.length)).toEqual([10, 10, 5])
})

test.each([3, 20, 30, 300, 500])('calls that differ are made of %d procedures, at most 20', (size) => {
  const numbers = sampleOf(groupsOf(size), 20).map(([, { number }]) => number)
  expect(new Set(numbers).size).toBe(Math.min(size, 20))
})

test('all kinds are called', () => {
  const kinds = sampleOf(groupsOf(300), 20).map(([, { kind }]) => kind)
  expect(new Set(kinds)).toEqual(new Set(['query', 'mutation', 'subscription']))
})

describe.each(typedSubjects)('the text of %s', (subject) => {
  const { schemas, schemaTypes, api, client, empty } = writeContract(libraryTextOf(subject), 300)

  test('has each procedure once, 20 calls, and three schemas for each', () => {
    for (const n of [0, 9, 299]) expect(count(api, new RegExp(`\\bp${String(n)}\\b`, 'g'))).toBe(1)
    expect(count(client, / satisfies string/g)).toBe(20)
    expect(count(schemas, /^export const s/gm)).toBe(900)
    expect(count(schemaTypes, /^export const s/gm)).toBe(900)
  })

  test('counts what contract and client import as the imports', () => {
    const imports = [...api.matchAll(/^import .*/gm), ...client.matchAll(/^import .*/gm)].map(([line]) => line)
    for (const text of imports.filter((found) => !found.includes('./api.ts'))) expect(empty).toContain(text)
  })
})

test.each(['tautline', 'trpc', 'orpc'])('in files, %s has a file for each group and each procedure once', (subject) => {
  const files = libraryTextOf(subject).files?.(groupsOf(300)) ?? {}
  expect(Object.keys(files)).toEqual(expect.arrayContaining(['g0.ts', 'g29.ts', 'api.ts']))
  const all = Object.values(files).join('\n')
  for (const n of [0, 9, 299]) expect(count(all, new RegExp(`\\bp${String(n)}\\b`, 'g'))).toBe(1)
})

test('a subject that has no contract is refused', () => {
  expect(() => libraryTextOf('ws')).toThrow(/got `ws`/)
})
