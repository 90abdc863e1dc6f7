import fc from 'fast-check'
import * as v from 'valibot'
import type { Schema } from '../contract/schema.ts'

/** A schema, and a value that may or may not be one of its. */
export interface SchemaAndValue {
  readonly schema: Schema
  readonly value: unknown
}

interface Kind {
  readonly schema: v.GenericSchema
  readonly values: fc.Arbitrary<unknown>
}

class Instance {
  readonly id = 'i'
  get name(): string {
    return 'inherited'
  }
}

const KEYS = ['id', 'name', 'at', '7', 'ä']

const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'ada', 'grace', '\u{FEFF}', '\ud83d\ude00', '\ud83d', '\ude00', 'x'.repeat(70)),
)

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 100),
  fc.constantFrom(0, -0, 1, 127, 128, -32, -33, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53, 2 ** 60, 0.1, 1e300),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1_767_225_600_000),
)

const date = fc.oneof(fc.date({ noInvalidDate: true }), fc.constantFrom(new Date(Number.NaN), new Date(0)))

/** What somebody without a compiler, or with bad intentions, may pass. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  date,
  fc.constantFrom<unknown>(null, undefined, true, false, 0n, 2n ** 70n, Symbol.iterator, () => 1),
  fc.uint8Array({ maxLength: 3 }),
  fc.array(number, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom(...KEYS, '__proto__', 'prototype'), fc.oneof(text, number), { maxKeys: 3 }),
  fc
    .constantFrom<() => unknown>(
      () => new Instance(),
      () => new Map([['id', 'm']]),
      () => new Set([1]),
      () => new Error('e'),
      () => new Proxy({ id: 'p', name: 'q', at: 1 }, {}),
      () => new Proxy(['p', 'q', 'r', 's'], {}),
      () => new Proxy(new Date(0), {}),
      () => Object.create(Date.prototype) as unknown,
      () => Object.create(Uint8Array.prototype) as unknown,
      () => Object.create({ id: 'inherited', name: 'n', at: 1 }) as unknown,
      () => Object.assign(Object.create(null) as object, { id: 'bare', name: 'n' }),
      () => ({
        get id(): string {
          return 'got'
        },
      }),
      () =>
        Object.defineProperty(
          {
            get id(): string {
              throw new Error('not today')
            },
          },
          // Else a failure, which prints what it was found with, would fail at that.
          fc.toStringMethod,
          { value: () => '{ get id() { throw } }' },
        ),
      () => ({ id: undefined, name: undefined }),
      // oxlint-disable-next-line no-sparse-arrays
      () => ['a', , 'b', , 'c'],
      () => JSON.parse('{"__proto__":{"id":"x"},"id":"own"}') as unknown,
    )
    .map((create) => create()),
)

const LEAVES: readonly Kind[] = [
  { schema: v.string(), values: text },
  { schema: v.number(), values: number },
  { schema: v.boolean(), values: fc.boolean() },
  { schema: v.bigint(), values: fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }) },
  { schema: v.date(), values: date },
  { schema: v.instance(Uint8Array), values: fc.uint8Array({ maxLength: 5 }) },
  { schema: v.null(), values: fc.constant(null) },
  { schema: v.undefined(), values: fc.constant(undefined) },
  { schema: v.any(), values: junk },
  { schema: v.unknown(), values: junk },
  { schema: v.literal('todo'), values: fc.constant('todo') },
  { schema: v.literal(0), values: fc.constantFrom(0, -0) },
  { schema: v.picklist(['open', 'paid', 7]), values: fc.constantFrom('open', 'paid', 7) },
  { schema: v.enum({ A: 0, B: 'b' }), values: fc.constantFrom(0, 'b', -0) },
  { schema: v.pipe(v.string(), v.brand('Id')), values: text },
  { schema: v.pipe(v.string(), v.maxLength(5)), values: text },
  { schema: v.pipe(v.string(), v.trim()), values: text },
  { schema: v.pipe(v.string(), v.transform(Number), v.number()), values: fc.constantFrom('1', '1.5', 'x') },
  { schema: v.pipe(v.number(), v.transform(String)), values: number },
  { schema: v.fallback(v.string(), 'fallen'), values: text },
  { schema: v.instance(Map), values: fc.constant(new Map([[1, 2]])) },
  { schema: v.map(v.string(), v.number()), values: fc.constant(new Map([['a', 2]])) },
  { schema: v.looseObject({ id: v.string() }), values: fc.record({ id: text, more: number }) },
  { schema: v.lazy(() => v.string()), values: text },
]

/** A value of the kind, or now and then something else in its place. */
function mostly(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: values }, { weight: 1, arbitrary: junk })
}

function kind(depth: number): fc.Arbitrary<Kind> {
  const leaf = fc.constantFrom(...LEAVES)
  if (depth === 0) return leaf
  const inner = kind(depth - 1)
  return fc.oneof(
    leaf,
    object(depth),
    inner.map(({ schema, values }) => ({
      schema: v.array(schema),
      values: fc.array(mostly(values), { maxLength: 9 }),
    })),
    object(depth - 1).map(({ schema, values }) => ({
      schema: v.array(schema),
      values: fc.array(mostly(values), { maxLength: 40, size: 'max' }),
    })),
    fc.array(inner, { maxLength: 3 }).map((items) => ({
      schema: items.length === 2 ? v.strictTuple(schemasOf(items)) : v.tuple(schemasOf(items)),
      values: fc.tuple(...items.map(({ values }) => mostly(values))),
    })),
    inner.map(({ schema, values }) => ({
      schema: v.record(v.string(), schema),
      values: fc.dictionary(fc.constantFrom(...KEYS, 'prototype'), mostly(values), { maxKeys: 4 }),
    })),
    fc.array(inner, { minLength: 1, maxLength: 3 }).map((options) => ({
      schema: v.union(options.map(({ schema }) => schema)),
      values: fc.oneof(...options.map(({ values }) => mostly(values))),
    })),
    fc.tuple(object(depth), object(depth)).map(([a, b]) => ({
      schema: v.variant('type', [
        v.object({ type: v.literal('a'), it: a.schema }),
        v.object({ it: b.schema, type: v.literal('b') }),
      ]),
      values: fc.oneof(
        fc.record({ type: fc.constantFrom('a', 'c'), it: mostly(a.values) }),
        fc.record({ type: fc.constant('b'), it: mostly(b.values), more: number }),
      ),
    })),
  )
}

function schemasOf(kinds: readonly Kind[]): v.GenericSchema[] {
  return kinds.map(({ schema }) => schema)
}

type Wrap = (schema: v.GenericSchema) => v.GenericSchema

const WRAPS: readonly (readonly [wrap: Wrap, instead: readonly unknown[]])[] = [
  [(schema) => schema, []],
  [(schema) => v.optional(schema), [undefined]],
  [(schema) => v.exactOptional(schema), []],
  [(schema) => v.nullable(schema), [null]],
  [(schema) => v.nullish(schema), [null, undefined]],
  [(schema) => v.undefinedable(schema), [undefined]],
  [(schema) => v.optional(schema, 'x'), [undefined]],
  [(schema) => v.nullable(schema, 'x'), [null]],
  [(schema) => v.optional(v.nullable(schema)), [null, undefined]],
  [(schema) => v.nullable(v.optional(schema)), [null, undefined]],
]

/** An object of up to five properties, each of which its values may lack. */
function object(depth: number): fc.Arbitrary<Kind> {
  const property = fc
    .tuple(kind(depth === 0 ? 0 : depth - 1), fc.constantFrom(...WRAPS))
    .map(([of, [wrap, instead]]) => ({
      schema: wrap(of.schema),
      values: fc.oneof({ weight: 3, arbitrary: mostly(of.values) }, ...instead.map((value) => fc.constant(value))),
      isRequired: wrap(of.schema) === of.schema,
    }))
  return fc
    .dictionary(fc.constantFrom(...KEYS), property, { maxKeys: 5, noNullPrototype: true })
    .chain((properties) => {
      const entries = Object.entries(properties)
      const requiredKeys = entries.filter(([, { isRequired }]) => isRequired).map(([key]) => key)
      const members = Object.fromEntries(entries.map(([key, { values }]) => [key, values]))
      const objects = fc.record(members, { requiredKeys })
      const schemas = Object.fromEntries(entries.map(([key, { schema }]) => [key, schema]))
      const withMore = objects.map((value) => Object.assign(value, { more: 1 }))
      return fc
        .constantFrom<v.GenericSchema>(v.object(schemas), v.object(schemas), v.strictObject(schemas))
        .map((schema) => ({
          schema,
          values: fc.oneof({ weight: 9, arbitrary: objects }, { weight: 1, arbitrary: withMore }),
        }))
    })
}

/** Random schemas, each with a value that mostly fits it. */
export const schemaAndValue: fc.Arbitrary<SchemaAndValue> = fc.oneof(kind(2), object(2)).chain(({ schema, values }) =>
  mostly(values).map((value) => ({
    schema,
    value,
    // fast-check would print the functions of schemas.
    [fc.toStringMethod]: () => `${JSON.stringify(schema)} <- ${fc.stringify(value)}`,
  })),
)
