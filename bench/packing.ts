/*
 * What packing saves: bytes and time per value, next to JSON and to plain MessagePack maps. Run by hand, on each runtime:
 *
 *   node --conditions=@tautline/source bench/packing.ts
 */
import { deflateRawSync } from 'node:zlib'
import * as v from 'valibot'
import type { Schema } from '../packages/core/src/contract/schema.ts'
import { layoutOf } from '../packages/core/src/packing/layout-of.ts'
import { arrayLayout } from '../packages/core/src/packing/list-layouts.ts'
import { PackWriter } from '../packages/core/src/packing/pack-writer.ts'
import { createPacking } from '../packages/core/src/packing/packing.ts'
import { ValueReader } from '../packages/core/src/protocol/decode-value.ts'
import { DEFAULT_LIMITS } from '../packages/core/src/protocol/limits.ts'
import { Scanner } from '../packages/core/src/protocol/scan.ts'
import { createValueCodec } from '../packages/core/src/protocol/value-codec.ts'
import { tableOf, tickOf, todoOf } from './workload.ts'

const Todo = v.object({
  id: v.string(),
  title: v.string(),
  done: v.boolean(),
  priority: v.number(),
  owner: v.string(),
  createdAt: v.number(),
})

const Row = v.object({
  id: v.number(),
  name: v.string(),
  price: v.number(),
  quantity: v.number(),
  active: v.boolean(),
  updatedAt: v.number(),
})

const Order = v.object({
  id: v.string(),
  customer: v.object({ name: v.string(), email: v.string(), since: v.date() }),
  lines: v.array(v.object({ sku: v.string(), count: v.number(), price: v.number(), note: v.optional(v.string()) })),
  status: v.picklist(['open', 'paid', 'sent']),
  tags: v.array(v.string()),
})

const orderOf = (n: number): v.InferOutput<typeof Order> => ({
  id: `o${n}`,
  customer: { name: `Customer ${n % 7}`, email: `c${n % 7}@example.com`, since: new Date(1_700_000_000_000 + n) },
  lines: Array.from({ length: 1 + (n % 5) }, (_, i) => ({ sku: `SKU-${n * 7 + i}`, count: 1 + i, price: 9.99 + n })),
  status: 'paid',
  tags: ['new', 'gift'],
})

const CASES: readonly (readonly [name: string, schema: Schema, value: unknown, times: number])[] = [
  ['point of two numbers', v.object({ at: v.number(), value: v.number() }), tickOf(500), 200_000],
  ['todo of 6 fields', Todo, todoOf('t1'), 200_000],
  ['order, nested', Order, orderOf(3), 50_000],
  ['20 todos', v.array(Todo), Array.from({ length: 20 }, (_, n) => todoOf(`t${n}`)), 20_000],
  ['100 orders, nested', v.array(Order), Array.from({ length: 100 }, (_, n) => orderOf(n)), 1_000],
  [
    '100 ticks',
    v.array(v.object({ at: v.number(), value: v.number() })),
    Array.from({ length: 100 }, (_, n) => tickOf(n)),
    20_000,
  ],
  ['table of 1,000 rows', v.array(Row), tableOf(), 300],
]

/** µs per run: the least of nine rounds, since whatever else the machine does only adds to it. */
function time(times: number, run: () => unknown): number {
  const rounds = 9
  const took: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now()
    for (let i = 0; i < times / rounds; i += 1) run()
    // The first is for the compilers.
    if (round > 0) took.push(performance.now() - start)
  }
  return (Math.min(...took) * 1_000) / Math.ceil(times / rounds)
}

const codec = createValueCodec()
const packing = createPacking(codec)
const text = { encoder: new TextEncoder(), decoder: new TextDecoder() }

interface Form {
  readonly encode: (value: unknown) => Uint8Array
  readonly decode: (bytes: Uint8Array) => unknown
}

function formsOf(schema: Schema): Readonly<Record<string, Form>> {
  const packer = packing.packerOf(schema)
  if (packer === undefined) throw new Error('Expected a schema that can be packed')
  return {
    JSON: {
      encode: (value) => text.encoder.encode(JSON.stringify(value)),
      decode: (bytes): unknown => JSON.parse(text.decoder.decode(bytes)),
    },
    maps: { encode: (value) => codec.encode(value), decode: (bytes) => codec.decode(bytes) },
    ...('item' in schema && { rows: rowForm(schema.item) }),
    packed: { encode: (value) => packer.pack(value) ?? new Uint8Array(), decode: (bytes) => packer.unpack(bytes) },
  }
}

/** An array of arrays, to compare columns with. */
function rowForm(item: unknown): Form {
  const layout = arrayLayout({ ...layoutOf(item, 1), slots: 0 })
  const out = new PackWriter(codec)
  return {
    encode(value) {
      out.begin('left out')
      layout.write(out, value)
      return out.copy(0)
    },
    decode: (bytes) => layout.read(new ValueReader(bytes)),
  }
}

function scan(bytes: Uint8Array): number {
  return new Scanner(DEFAULT_LIMITS).scan(bytes, 0, bytes.byteLength)
}

const rows: Record<string, string | number>[] = []
for (const [name, schema, value, times] of CASES) {
  const micros = (run: () => unknown): number => Number(time(times, run).toFixed(times < 10_000 ? 0 : 2))
  console.error(`${name}: validated in ${micros(() => schema['~standard'].validate(value))} µs`)
  for (const [form, { encode, decode }] of Object.entries(formsOf(schema))) {
    const bytes = encode(value)
    rows.push({
      value: name,
      form,
      bytes: bytes.byteLength,
      deflated: deflateRawSync(bytes).byteLength,
      'encode µs': micros(() => encode(value)),
      'decode µs': micros(() => decode(bytes)),
      'scan µs': form === 'JSON' ? 0 : micros(() => scan(bytes)),
    })
  }
}
console.table(rows)
