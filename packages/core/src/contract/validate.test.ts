import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { isSchema, type Schema, type SchemaIssue } from './schema.ts'
import { FULLY_JUDGED_PARTS, MAX_ISSUE_CHARACTERS, MAX_ISSUES, type ValidationFailure, validate } from './validate.ts'

/** A validator written by hand, for what the libraries never do. */
function schemaOf(run: (value: unknown) => unknown): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate: run as Schema['~standard']['validate'] } }
}

const failingWith = (issues: readonly SchemaIssue[]): Schema => schemaOf(() => ({ issues }))

describe('validate', () => {
  const point = {
    valibot: v.object({ at: v.object({ x: v.number() }) }),
    zod: z.object({ at: z.object({ x: z.number() }) }),
    arktype: type({ at: { x: 'number' } }),
  }

  for (const [vendor, schema] of Object.entries(point)) {
    test(`runs ${vendor} synchronously`, () => {
      expect(isSchema(schema)).toBe(true)
      expect(validate(schema, { at: { x: 1 } })).toEqual({ ok: true, value: { at: { x: 1 } } })
      expect(validate(schema, { at: { x: '1' } })).toMatchObject({
        ok: false,
        issues: [{ message: expect.stringContaining('number'), path: ['at', 'x'] }],
        cause: undefined,
      })
    })

    test(`reports what ${vendor} finds as plain arrays, which can be sent`, () => {
      const failure = validate(schema, {}) as ValidationFailure
      expect(failure.issues.constructor).toBe(Array)
      expect(failure.issues[0]?.path.constructor).toBe(Array)
    })
  }

  test('gives what the schema makes of the value', () => {
    const length = v.pipe(
      v.string(),
      v.transform((text) => text.length),
    )
    expect(validate(length, 'four')).toEqual({ ok: true, value: 4 })
  })

  test('waits for an asynchronous validator', async () => {
    const even = v.pipeAsync(
      v.number(),
      v.checkAsync(async (n) => n % 2 === 0, 'odd'),
    )
    await expect(validate(even, 2)).resolves.toEqual({ ok: true, value: 2 })
    await expect(validate(even, 3)).resolves.toEqual({
      ok: false,
      issues: [{ message: 'odd', path: [] }],
      cause: undefined,
    })
  })

  test('tells a validator that throws from a value that is wrong', () => {
    const bug = new Error('bug')
    const schema = schemaOf(() => {
      throw bug
    })
    const issues = [{ message: 'The value could not be validated', path: [] }]
    expect(validate(schema, 1)).toEqual({ ok: false, issues, cause: bug })
  })

  test('wraps what is thrown and is not an error', async () => {
    const schema = schemaOf(async () => {
      // oxlint-disable-next-line typescript/only-throw-error -- what a careless validator does
      throw 'bug'
    })
    await expect(validate(schema, 1)).resolves.toMatchObject({ ok: false, cause: { cause: 'bug' } })
  })

  test('survives a validator that breaks the standard', () => {
    expect(
      validate(
        schemaOf(() => null),
        1,
      ),
    ).toMatchObject({ ok: false, cause: expect.any(TypeError) })
    expect(
      validate(
        schemaOf(() => ({ issues: [null] })),
        1,
      ),
    ).toMatchObject({ ok: false, cause: expect.any(TypeError) })
  })

  test('makes a plain array of issues in an array of another class', () => {
    class IssueList extends Array<SchemaIssue> {}
    const failure = validate(failingWith(IssueList.of({ message: 'm' })), 1) as ValidationFailure
    expect(failure.issues.constructor).toBe(Array)
  })

  test('makes plain paths of segments, symbols and keys that are neither text nor number', () => {
    const path = ['list', 0, { key: 'name' }, Symbol('secret'), { key: 1 }]
    expect(validate(failingWith([{ message: 'm', path }]), 1)).toMatchObject({
      issues: [{ message: 'm', path: ['list', 0, 'name', 'Symbol(secret)', 1] }],
    })
    const map = v.map(v.object({ id: v.number() }), v.number())
    const key = { id: 1 }
    expect(validate(map, new Map<unknown, unknown>([[key, 'x']]))).toMatchObject({
      issues: [{ path: ['[object Object]'] }],
    })
  })

  test(`keeps ${MAX_ISSUES} issues and drops the next`, () => {
    const issues = (count: number) => Array.from({ length: count }, (_, i) => ({ message: `m${i}` }))
    expect(validate(failingWith(issues(MAX_ISSUES)), 1)).toMatchObject({ issues: { length: MAX_ISSUES } })
    expect(validate(failingWith(issues(MAX_ISSUES + 1)), 1)).toMatchObject({ issues: { length: MAX_ISSUES } })
  })

  test(`keeps ${MAX_ISSUE_CHARACTERS} characters of a message and of a key, and cuts longer ones to that`, () => {
    const fits = 'x'.repeat(MAX_ISSUE_CHARACTERS)
    const cut = `${'x'.repeat(MAX_ISSUE_CHARACTERS - 1)}…`
    const check = (text: string) => validate(failingWith([{ message: text, path: [text] }]), 1)
    expect(check(fits)).toMatchObject({ issues: [{ message: fits, path: [fits] }] })
    expect(check(`${fits}x`)).toMatchObject({ issues: [{ message: cut, path: [cut] }] })
  })
})

describe('isSchema', () => {
  test('refuses what only looks like one', () => {
    const standard = { version: 1, vendor: 'test', validate: () => ({ value: 1 }) }
    expect(isSchema({ '~standard': standard })).toBe(true)
    expect(isSchema({ '~standard': { ...standard, version: 2 } })).toBe(false)
    expect(isSchema({ '~standard': { ...standard, vendor: undefined } })).toBe(false)
    expect(isSchema({ '~standard': { ...standard, validate: undefined } })).toBe(false)
    for (const value of [{ '~standard': null }, {}, null, undefined, 'text', 1, () => 1]) {
      expect(isSchema(value)).toBe(false)
    }
  })
})

describe('values of many parts', () => {
  const numbers = v.array(v.number())
  const wrong = (parts: number): string[] => Array.from({ length: parts - 1 }, () => 'x')

  test('are told all that is wrong up to a number of parts, and the first thing only with one more', async () => {
    const atLimit = await validate(numbers, wrong(FULLY_JUDGED_PARTS))
    expect(!atLimit.ok && atLimit.issues).toHaveLength(MAX_ISSUES)
    const past = await validate(numbers, wrong(FULLY_JUDGED_PARTS + 1))
    expect(!past.ok && past.issues).toEqual([{ message: 'Invalid type: Expected number but received "x"', path: [0] }])
  })

  test.each([
    ['nested lists', Array.from({ length: 100 }, () => [1, 2])],
    ['objects', Array.from({ length: 130 }, () => ({ a: 1 }))],
    ['a map', new Map(Array.from({ length: 100 }, (_, i) => [i, i]))],
    ['a set', new Set(Array.from({ length: 300 }, (_, i) => i))],
    ['a record', Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, 1]))],
  ])('are counted through %s', (_, value) => {
    const rest = v.unknown()
    const failing = v.pipe(
      v.unknown(),
      v.rawCheck(({ config, addIssue }) => {
        addIssue({ message: config?.abortEarly === true ? 'first' : 'all' })
      }),
    )
    expect(validate(failing, value)).toMatchObject({ issues: [{ message: 'first' }] })
    expect(validate(rest, value)).toEqual({ ok: true, value })
  })

  test('are counted without a failure where a getter fails at which the validator does not look', () => {
    const value = {
      id: 'a',
      get other(): string {
        throw new Error('not today')
      },
    }
    expect(validate(v.object({ id: v.string() }), value)).toEqual({ ok: true, value: { id: 'a' } })
    expect(validate(v.object({ other: v.string() }), value)).toMatchObject({ ok: false, cause: new Error('not today') })
  })

  test('that are bytes have one', () => {
    const result = validate(v.object({ data: v.string(), other: v.number() }), { data: new Uint8Array(10_000) })
    expect(result).toMatchObject({ issues: [{ path: ['data'] }, { path: ['other'] }] })
  })

  test('pass as they are where nothing is wrong', () => {
    const rows = Array.from({ length: 1000 }, (_, id) => ({ id }))
    expect(validate(v.array(v.object({ id: v.number() })), rows)).toEqual({ ok: true, value: rows })
  })

  test('are judged to the end by validators of another kind', () => {
    expect(validate(failingWith([{ message: 'a' }, { message: 'b' }]), wrong(1000))).toMatchObject({
      issues: [{ message: 'a' }, { message: 'b' }],
    })
  })

  test('are judged in time also where the validator takes its time', async () => {
    const schema = v.arrayAsync(
      v.pipeAsync(
        v.string(),
        v.checkAsync(async () => false, 'no'),
      ),
    )
    expect(await validate(schema, wrong(1000))).toMatchObject({ ok: false, issues: [{ message: 'no' }] })
  })
})
