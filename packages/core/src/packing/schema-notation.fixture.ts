import * as v from 'valibot'

/** How `packages/core/vectors/packed.json` writes schemas: a name, or a type with what is in it. */
type Notation = string | { readonly [type: string]: unknown }

export interface PackedVector {
  readonly name: string
  readonly schema: Notation
  readonly hex: string
  /** As in the other vectors. */
  readonly value: unknown
  /** Why no sender of ours writes it like that. */
  readonly decodeOnly?: string
}

const SIMPLE: Readonly<Record<string, () => v.GenericSchema>> = {
  any: v.any,
  bigint: v.bigint,
  boolean: v.boolean,
  bytes: () => v.instance(Uint8Array),
  date: v.date,
  null: v.null,
  number: v.number,
  string: v.string,
  'string with a check': () => v.pipe(v.string(), v.minLength(1)),
  'string made a number': () => v.pipe(v.string(), v.transform(Number)),
  undefined: v.undefined,
}

/** Vectors are ours: each content is of the type that its schema takes. */
export function reviveSchema(notation: unknown): v.GenericSchema {
  if (typeof notation === 'string') return SIMPLE[notation]!()
  const [type = '', content] = Object.entries(notation as object)[0] ?? []
  switch (type) {
    case 'array':
      return v.array(reviveSchema(content))
    case 'exact_optional':
      return v.exactOptional(reviveSchema(content))
    case 'literal':
      return v.literal(content as string)
    case 'nullable':
      return v.nullable(reviveSchema(content))
    case 'nullish':
      return v.nullish(reviveSchema(content))
    case 'object':
      return v.object(reviveEntries(content as object))
    case 'optional':
      return v.optional(reviveSchema(content))
    case 'picklist':
      return v.picklist(content as string[])
    case 'record':
      return v.record(v.string(), reviveSchema(content))
    case 'tuple':
      return v.tuple((content as unknown[]).map(reviveSchema))
    case 'union':
      return v.union((content as unknown[]).map(reviveSchema))
    default:
      throw new TypeError(`Expected a type of schema, got \`${type}\``)
  }
}

function reviveEntries(entries: object): Record<string, v.GenericSchema> {
  return Object.fromEntries(Object.entries(entries).map(([key, schema]) => [key, reviveSchema(schema)]))
}
