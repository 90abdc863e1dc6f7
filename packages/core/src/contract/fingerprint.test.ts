import { type } from 'arktype'
import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { contractOf, type RouterTree } from './contract.ts'
import { hash64 } from './hash.ts'
import { duplex, event, mutation, query, subscription } from './procedure.ts'
import { router } from './router.ts'
import type { Schema } from './schema.ts'

const hashOf = (tree: RouterTree): string => contractOf(router(tree)).hash

const schemaHash = (input: Schema): string => hashOf({ get: query({ input }) })

/** A class of an application: its name does not survive a minifier. */
class Own {
  readonly own = true
}

interface TreeNode {
  readonly name: string
  readonly children: TreeNode[]
}

const makeTree = () => {
  const node: v.GenericSchema<TreeNode> = v.object({ name: v.string(), children: v.array(v.lazy(() => node)) })
  return node
}

/** Pairs of equal schemas, made twice; no two pairs are equal. */
const DISTINCT: readonly (() => Schema)[] = [
  () => v.string(),
  () => v.number(),
  () => v.bigint(),
  () => v.date(),
  () => v.unknown(),
  () => v.object({ a: v.string() }),
  () => v.object({ b: v.string() }),
  () => v.object({ a: v.number() }),
  () => v.strictObject({ a: v.string() }),
  () => v.looseObject({ a: v.string() }),
  () => v.objectWithRest({ a: v.string() }, v.number()),
  () => v.object({ a: v.optional(v.string()) }),
  () => v.object({ a: v.optional(v.string(), 'x') }),
  () => v.object({ a: v.optional(v.string(), 'y') }),
  () => v.object({ a: v.optional(v.string(), () => 'y') }),
  () => v.object({ a: v.nullable(v.string()) }),
  () => v.object({ a: v.nullish(v.string()) }),
  () => v.object({ a: v.exactOptional(v.string()) }),
  () => v.undefinedable(v.string()),
  () => v.fallback(v.string(), 'x'),
  () => v.array(v.string()),
  () => v.array(v.array(v.string())),
  () => v.tuple([v.string(), v.number()]),
  () => v.tuple([v.number(), v.string()]),
  () => v.tupleWithRest([v.string()], v.number()),
  () => v.record(v.string(), v.number()),
  () => v.record(v.string(), v.string()),
  () => v.map(v.string(), v.number()),
  () => v.set(v.string()),
  () => v.union([v.string(), v.number()]),
  () => v.objectAsync({ a: v.string() }),
  () => v.intersect([v.object({ a: v.string() }), v.object({ b: v.string() })]),
  () => v.variant('type', [v.object({ type: v.literal('a') }), v.object({ type: v.literal('b') })]),
  () => v.variant('type', [v.object({ type: v.literal('a') }), v.object({ type: v.literal('c') })]),
  () => v.literal(1),
  () => v.literal(1n),
  () => v.literal('1'),
  () => v.literal(0),
  () => v.literal(-0),
  () => v.picklist(['a', 'b']),
  () => v.picklist(['a', 'c']),
  () => v.enum({ A: 1, B: 2 }),
  () => v.enum({ A: 1, B: 3 }),
  () => v.instance(Uint8Array),
  () => v.instance(Float32Array),
  () => v.instance(Own),
  () => makeTree(),
  () => v.lazy(() => v.string()),
  () => v.lazy((input) => (typeof input === 'string' ? v.string() : v.number())),
  () => v.pipe(v.string(), v.minLength(1)),
  () => v.pipe(v.string(), v.minLength(2)),
  () => v.pipe(v.string(), v.maxLength(2)),
  () => v.pipe(v.string(), v.regex(/^a/)),
  () => v.pipe(v.string(), v.regex(/^a/i)),
  () => v.pipe(v.date(), v.minValue(new Date(0))),
  () => v.pipe(v.date(), v.minValue(new Date(1))),
  () => v.pipe(v.string(), v.trim()),
  () => v.pipe(v.string(), v.transform(Number)),
  () => v.pipe(v.string(), v.transform(Number), v.number()),
  () =>
    v.pipe(
      v.string(),
      v.check(() => true),
    ),
  () => z.string(),
  () => type('string'),
]

describe('the contract hash', () => {
  test('is this one for this contract, in every runtime', () => {
    const todo = v.object({
      id: v.pipe(v.string(), v.uuid()),
      title: v.pipe(v.string(), v.minLength(1), v.maxLength(200), v.description('what to do')),
      due: v.optional(v.nullable(v.date())),
      state: v.variant('kind', [
        v.object({ kind: v.literal('open') }),
        v.object({ kind: v.literal('done'), at: v.date(), by: v.picklist(['me', 'you']) }),
      ]),
      tags: v.pipe(v.array(v.string()), v.maxLength(8)),
      size: v.tuple([v.number(), v.bigint()]),
      meta: v.record(v.string(), v.union([v.string(), v.number(), v.instance(Uint8Array)])),
    })
    const hash = hashOf({
      todo: {
        get: query({ input: v.object({ id: v.string() }), output: todo, errors: { NOT_FOUND: todo, LOCKED: null } }),
        add: mutation({ input: todo }),
        watch: subscription({ output: todo, resume: v.number() }),
      },
      upload: duplex({ up: v.instance(Uint8Array), output: v.object({ received: v.number() }) }),
      tree: query({ output: makeTree() }),
      seen: event({ params: v.object({ room: v.string() }), payload: z.string() }),
    })
    expect(hash).toBe('578818d1e27158f0')
  })

  test('is equal for schemas that are made alike', () => {
    for (const make of DISTINCT) expect(schemaHash(make())).toBe(schemaHash(make()))
  })

  test('differs for schemas that are not', () => {
    const hashes = DISTINCT.map((make) => schemaHash(make()))
    const twins = hashes.flatMap((hash, i) => {
      const first = hashes.indexOf(hash)
      return first === i ? [] : [`${String(DISTINCT[first])} = ${String(DISTINCT[i])}`]
    })
    expect(twins).toEqual([])
  })

  test('does not see what changes nothing on the wire', () => {
    const plain = schemaHash(v.object({ a: v.string() }))
    expect(schemaHash(v.object({ a: v.string('not a text') }, 'not an object'))).toBe(plain)
    expect(schemaHash(v.object({ a: v.pipe(v.string(), v.brand('Name')) }))).toBe(plain)
    expect(schemaHash(v.object({ a: v.pipe(v.string(), v.title('Name'), v.readonly()) }))).toBe(plain)
    expect(schemaHash(v.pipe(v.object({ a: v.string() }), v.metadata({ since: 1 })))).toBe(plain)
    expect(hashOf({ a: mutation({ idempotent: true, compress: false }) })).toBe(hashOf({ a: mutation() }))
    expect(hashOf({ a: event({ volatile: true }) })).toBe(hashOf({ a: event() }))
  })

  test('sees path, kind, part and errors', () => {
    const text = v.string()
    const hashes = [
      hashOf({}),
      hashOf({ a: query() }),
      hashOf({ b: query() }),
      hashOf({ a: { b: query() } }),
      hashOf({ a: mutation() }),
      hashOf({ a: subscription() }),
      hashOf({ a: query({ input: text }) }),
      hashOf({ a: query({ output: text }) }),
      hashOf({ a: query({ errors: { A: text } }) }),
      hashOf({ a: query({ errors: { B: text } }) }),
      hashOf({ a: query({ errors: { A: null } }) }),
      hashOf({ a: event({ params: text }) }),
      hashOf({ a: event({ payload: text }) }),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test('does not depend on whether a schema is shared or written twice', () => {
    const shared = v.object({ id: v.string() })
    const once = hashOf({ a: query({ input: shared, output: v.array(shared) }), b: query({ input: shared }) })
    const twice = hashOf({
      a: query({ input: v.object({ id: v.string() }), output: v.array(v.object({ id: v.string() })) }),
      b: query({ input: v.object({ id: v.string() }) }),
    })
    expect(once).toBe(twice)
  })

  test('does not depend on where a recursive schema was met first', () => {
    // The inner schema points out of itself before and beside a part that does not.
    const make = () => {
      const inner = v.object({ a: v.array(v.lazy((): v.GenericSchema => outer)), b: v.object({ c: v.string() }) })
      const outer = v.object({ inner })
      return { inner, outer }
    }
    const one = make()
    const together = hashOf({ a: query({ input: one.outer, output: one.inner }), b: query({ input: one.outer }) })
    const apart = hashOf({
      a: query({ input: make().outer, output: make().inner }),
      b: query({ input: make().outer }),
    })
    expect(together).toBe(apart)
  })

  test('ends for schemas that a getter makes anew without end', () => {
    let made = 0
    const endless = (): Schema & v.GenericSchema => {
      made++
      return v.object({ left: v.lazy(endless), right: v.lazy(endless) })
    }
    expect(schemaHash(endless())).toBe(schemaHash(endless()))
    expect(made).toBeLessThan(20_000)
  })

  test('walks a schema once that is shared twice at each of 60 levels, and so gets to what follows', () => {
    let shared: v.GenericSchema = v.string()
    for (let level = 0; level < 60; level++) shared = v.object({ left: shared, right: shared })
    const followedBy = (last: v.GenericSchema) => schemaHash(v.object({ a: shared, b: last }))
    expect(followedBy(v.string())).not.toBe(followedBy(v.number()))
  })

  test('is computed when first read, so that a schema may name what is defined later', () => {
    const input = v.lazy(() => later)
    const api = router({ get: query({ input }) })
    const later = v.string()
    expect(contractOf(api).hash).toBe(schemaHash(v.lazy(() => v.string())))
  })

  test('does not depend on the order of procedures', () => {
    fc.assert(
      fc.property(fc.dictionary(name, plan), fc.string(), (plans, seed) => {
        expect(contractHashOf(plans, seed)).toBe(contractHashOf(plans))
      }),
    )
  })

  test('depends on the order of properties, in which their values are packed', () => {
    expect(schemaHash(v.object({ a: v.string(), b: v.string() }))).not.toBe(
      schemaHash(v.object({ b: v.string(), a: v.string() })),
    )
  })

  test('differs where a type does, however deep', () => {
    fc.assert(
      fc.property(plan, plan, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))
        expect(contractHashOf({ a: one })).not.toBe(contractHashOf({ a: other }))
      }),
    )
  })
})

/** A schema as data, from which it can be made again. */
type Plan = 'text' | 'number' | { readonly list: Plan } | { readonly members: Readonly<Record<string, Plan>> }

const name = fc.stringMatching(/^[a-z]{1,3}$/).filter((text) => text !== 'use')

const { plan } = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Plan>('text', 'number'),
    fc.record({ list: tie('plan') }),
    fc.record({ members: fc.dictionary(name, tie('plan'), { maxKeys: 4 }) }),
  ),
}))

/** Entries in an order that the seed decides. */
function shuffled<T>(record: Readonly<Record<string, T>>, seed: string): [string, T][] {
  const rank = ([key]: [string, T]): string => hash64(seed + key)
  return Object.entries(record).sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

function schemaOf(part: Plan): v.GenericSchema {
  if (part === 'text') return v.string()
  if (part === 'number') return v.number()
  if ('list' in part) return v.array(schemaOf(part.list))
  return v.object(Object.fromEntries(Object.entries(part.members).map(([key, member]) => [key, schemaOf(member)])))
}

function contractHashOf(plans: Readonly<Record<string, Plan>>, seed = ''): string {
  const procedures = shuffled(plans, seed).map(([key, part]) => [key, query({ input: schemaOf(part) })] as const)
  return hashOf({ group: Object.fromEntries(procedures) })
}
