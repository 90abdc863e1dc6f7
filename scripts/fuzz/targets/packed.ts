// Packed values and lists of them, by the schemas of several contracts.
import * as v from 'valibot'
import type { Schema } from '../../../packages/core/src/contract/schema.ts'
import { validate } from '../../../packages/core/src/contract/validate.ts'
import { Misfit } from '../../../packages/core/src/packing/layout.ts'
import type { ListPacker, Packer } from '../../../packages/core/src/packing/packing.ts'
import { createPackingCodec } from '../../../packages/core/src/packing/packing-codec.ts'
import { plainPart } from '../../../packages/core/src/packing/plain-mark.ts'
import { type PackedVector, reviveSchema } from '../../../packages/core/src/packing/schema-notation.fixture.ts'
import { DEFAULT_LIMITS } from '../../../packages/core/src/protocol/limits.ts'
import { Scanner } from '../../../packages/core/src/protocol/scan.ts'
import { fromHex } from '../../../packages/core/src/protocol/vector-notation.fixture.ts'
import { ProtocolViolation } from '../../../packages/core/src/protocol/violation.ts'
import vectors from '../../../packages/core/vectors/packed.json' with { type: 'json' }
import type { FuzzInput, FuzzTarget } from '../fuzz-target.ts'
import { same } from './same.ts'

const codec = createPackingCodec()

const Money = v.object({ amount: v.number(), currency: v.picklist(['EUR', 'USD', 'JPY']) })
const Person = v.strictObject({ id: v.string(), name: v.string(), born: v.optional(v.date()) })
const Order = v.object({
  id: v.string(),
  at: v.date(),
  price: Money,
  state: v.picklist(['open', 'paid', 'sent']),
  note: v.nullish(v.string()),
  by: v.nullable(Person),
  tags: v.array(v.string()),
})
const Shape = v.variant('type', [
  v.object({ type: v.literal('circle'), r: v.number() }),
  v.object({ type: v.literal('box'), w: v.number(), h: v.optional(v.number()) }),
])

interface Case {
  readonly schema: v.GenericSchema
  readonly values: readonly unknown[]
}

const at = new Date(1_700_000_000_000)
const ada = { id: '1', name: 'Ada' }
const order = { id: 'o1', at, price: { amount: 9.99, currency: 'EUR' }, state: 'open', by: null, tags: ['a', 'b'] }
const CASES: readonly Case[] = [
  { schema: v.string(), values: ['', 'text'] },
  { schema: v.number(), values: [0, 1.5] },
  { schema: v.date(), values: [at] },
  { schema: v.bigint(), values: [0n, 2n ** 70n] },
  { schema: v.literal(0), values: [0] },
  { schema: v.picklist(['open', 'paid', 7]), values: ['open', 7] },
  { schema: Person, values: [ada, { ...ada, born: at }] },
  { schema: Order, values: [order, { ...order, note: null, by: ada }, { ...order, note: 'x' }] },
  { schema: v.array(Order), values: [[], [order], Array.from({ length: 6 }, () => order)] },
  {
    schema: v.array(v.number()),
    values: [
      [1, 2, 3, 4, 5],
      [1.5, 2.25, 100, 7.75],
      [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3],
    ],
  },
  {
    schema: v.array(v.string()),
    values: [
      ['a', 'a', 'b', 'a', 'ccc'],
      ['', '', '', ''],
    ],
  },
  { schema: v.array(v.date()), values: [[at, at, at, at]] },
  {
    schema: v.array(v.object({ id: v.number(), in: v.object({ name: v.string(), on: v.optional(v.boolean()) }) })),
    values: [Array.from({ length: 5 }, (_, id) => ({ id, in: { name: `n${id % 2}` } }))],
  },
  {
    schema: Shape,
    values: [
      { type: 'circle', r: 1 },
      { type: 'box', w: 1 },
    ],
  },
  { schema: v.array(Shape), values: [Array.from({ length: 5 }, () => ({ type: 'box', w: 1, h: 2 }))] },
  { schema: v.union([v.string(), v.number(), v.array(v.boolean())]), values: ['a', 1, [true]] },
  { schema: v.record(v.string(), v.number()), values: [{}, { a: 1, b: 2 }] },
  { schema: v.tuple([v.string(), v.nullable(v.number())]), values: [['a', null]] },
  { schema: v.strictTuple([v.boolean(), v.undefined()]), values: [[true, undefined]] },
  { schema: v.optional(v.nullable(v.object({ any: v.any() }))), values: [{ any: { a: [1] } }, null] },
  {
    schema: v.object({ a: v.exactOptional(v.string()), b: v.exactOptional(v.record(v.string(), v.any())) }),
    values: [{}, { a: 'x' }, { b: { k: 1 } }],
  },
  { schema: v.array(v.array(v.array(v.number()))), values: [[[[1, 2, 3, 4]]]] },
  { schema: v.pipe(v.array(v.pipe(v.string(), v.maxLength(5))), v.maxLength(8)), values: [['a', 'b']] },
  {
    schema: v.object({ on: v.optional(v.boolean(), false), n: v.fallback(v.number(), 1) }),
    values: [{ on: true, n: 2 }],
  },
]

const vectorSchemas = (vectors as readonly PackedVector[]).map(({ schema }) => reviveSchema(schema))
const SCHEMAS: readonly Schema[] = [...CASES.map(({ schema }) => schema), ...vectorSchemas]

/** Numbers of the schema and of the values in the list, or 255 for a value alone. */
const ALONE = 255

function* seeds(): Generator<FuzzInput> {
  for (const [index, { schema, values }] of CASES.entries()) {
    const packer = codec.packerOf(schema)
    for (const value of values) {
      const payload = packer?.pack(value)
      if (payload !== undefined) yield [Uint8Array.of(index, ALONE, ...payload)]
    }
    const list = packer?.list?.create()
    for (const value of [...values, ...values, ...values, ...values]) list?.add(value)
    if (list !== undefined) yield [Uint8Array.of(index, list.count, ...list.take())]
  }
  for (const [index, { hex }] of (vectors as readonly PackedVector[]).entries()) {
    yield [Uint8Array.of(CASES.length + index, ALONE, ...fromHex(hex))]
  }
}

export const target: FuzzTarget = {
  seeds: [...seeds()],
  maxSteps: 1,
  headBytes: 2,
  longestBytes: DEFAULT_LIMITS.messageBytes,
  run: ([input]) => read(input, checkValue, checkList),
  cause: ([input]) =>
    read(
      input,
      () => {},
      () => {},
    ),
}

function read(
  input: Uint8Array | undefined,
  onValue: (packer: Packer, schema: Schema, value: unknown) => void,
  onList: (packer: ListPacker, schema: Schema, values: readonly unknown[]) => void,
): void {
  const [index = 0, count = ALONE] = input ?? []
  const schema = SCHEMAS[index % SCHEMAS.length]
  const packer = schema && codec.packerOf(schema)
  const payload = input === undefined ? undefined : scanned(input.subarray(2))
  if (schema === undefined || packer === undefined || payload === undefined) return
  if (count === ALONE) {
    if (plainPart(payload) !== undefined) return
    const unpacked = unlessMisfit(() => ({ value: packer.unpack(payload) }))
    if (unpacked !== undefined) onValue(packer, schema, unpacked.value)
  } else if (packer.list !== undefined) {
    const { list } = packer
    const values = unlessMisfit(() => list.unpack(payload, count))
    if (values !== undefined) onList(list, schema, values)
  }
}

function checkValue(packer: Packer, schema: Schema, value: unknown): void {
  if (!packer.proves) return
  checkValid(schema, value)
  const again = packer.pack(value)
  // What cannot be sent, such as half a pair of surrogates, cannot have come either.
  if (again === undefined) throw new Error('Expected what was unpacked to be packed again')
  if (!same(packer.unpack(again), value))
    throw new Error('Expected a value to be what it was after it was packed again')
}

function checkList(packer: ListPacker, schema: Schema, values: readonly unknown[]): void {
  const list = packer.create()
  for (const value of values) {
    checkValid(schema, value)
    list.add(value)
  }
  if (!same(packer.unpack(list.take(), values.length), values)) {
    throw new Error('Expected values to be what they were after they were packed again')
  }
}

/** A layout that proves takes nothing that its schema refuses, and gives nothing that the schema would change. */
function checkValid(schema: Schema, value: unknown): void {
  const validation = validate(schema, value)
  if (validation instanceof Promise || !validation.ok) throw new Error('Expected what proves to be valid')
  if (!same(validation.value, value)) throw new Error('Expected what proves to stay as it is')
}

function scanned(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return bytes.subarray(0, new Scanner(DEFAULT_LIMITS).scan(bytes, 0, bytes.byteLength))
  } catch (error) {
    if (error instanceof ProtocolViolation) return undefined
    throw error
  }
}

function unlessMisfit<T>(unpack: () => T): T | undefined {
  try {
    return unpack()
  } catch (error) {
    if (error instanceof Misfit || error instanceof RangeError) return undefined
    throw error
  }
}
