/**
 * A canonical description of a schema, as text: equal for schemas that are built alike, in every runtime.
 *
 * valibot's schemas are read structurally, without importing valibot: they are plain objects with `kind` and `type`.
 * Other validators keep their structure to themselves and are described by their vendor alone.
 */
import { hash64 } from './hash.ts'
import { isSchema, type Schema } from './schema.ts'

/** Members in which valibot keeps what decides on values; messages and names for humans are not among them. */
const STRUCTURE = [
  'async',
  'class',
  'default',
  'entries',
  'enum',
  'fallback',
  'getter',
  'item',
  'items',
  'key',
  'literal',
  'options',
  'pipe',
  'requirement',
  'rest',
  'value',
  'wrapped',
] as const

/** Actions that leave values as they are. */
const WITHOUT_EFFECT: ReadonlySet<unknown> = new Set(['brand', 'flavor', 'readonly'])

/** Bounds, in schemas and lists of their members, for schemas that a lazy getter makes anew each time, and so without end. */
const MAX_DEPTH = 256
const MAX_NODES = 10_000

interface Walk {
  /** Nodes being described, outermost first. */
  readonly open: object[]
  /** Descriptions that hold wherever the node stands. */
  readonly known: Map<object, string>
  nodes: number
  /** How often a description came out as it did because of where it stands. */
  placeBound: number
}

/** `known` carries descriptions from one call to the next, so that shared schemas are walked once. */
export function describeSchema(schema: Schema, known: Map<object, string>): string {
  return describeNode(schema, { open: [], known, nodes: 0, placeBound: 0 })
}

function describeNode(node: object, walk: Walk): string {
  const before = walk.known.get(node)
  if (before !== undefined) return before
  const at = walk.open.lastIndexOf(node)
  if (at !== -1) {
    walk.placeBound++
    // By distance, so that a recursive schema reads the same wherever it stands.
    return `up ${walk.open.length - at}`
  }
  if (walk.open.length >= MAX_DEPTH || walk.nodes >= MAX_NODES) {
    walk.placeBound++
    return 'beyond'
  }
  const placeBoundBefore = walk.placeBound
  walk.nodes++
  walk.open.push(node)
  // The hash keeps the text short where one schema is used by many.
  const description = hash64(JSON.stringify(contentOf(node, walk)))
  walk.open.pop()
  // A part of a cycle reads differently from each place the cycle is entered at.
  if (walk.placeBound === placeBoundBefore) walk.known.set(node, description)
  return description
}

type Members = Readonly<Record<string, unknown>>

function contentOf(node: object, walk: Walk): readonly unknown[] {
  if (Array.isArray(node)) return ['array', ...node.map((item) => describe(item, walk))]
  if (node instanceof Date) return ['date', node.getTime()]
  if (node instanceof RegExp) return ['regexp', String(node)]
  // The cast only allows the look: each member is checked before it is used.
  const members = node as Members
  if (isSchema(node) && node['~standard'].vendor !== 'valibot') return ['opaque', node['~standard'].vendor]
  return typeof members['kind'] === 'string' && typeof members['type'] === 'string'
    ? ['node', members['kind'], members['type'], structureOf(members, walk)]
    : ['record', recordOf(members, walk)]
}

function structureOf(members: Members, walk: Walk): readonly unknown[] {
  const structure: unknown[] = []
  for (const name of STRUCTURE) {
    const value = name === 'pipe' ? effectivePipe(members['pipe']) : members[name]
    if (value !== undefined)
      structure.push([name, name === 'getter' ? describeLazy(value, walk) : describe(value, walk)])
  }
  return structure
}

/** The steps that decide on values, or `undefined` where the schema in front is the only one. */
function effectivePipe(pipe: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(pipe)) return undefined
  const steps = effectiveSteps(pipe)
  return steps.length > 1 ? steps : undefined
}

export function effectiveSteps(pipe: readonly Members[]): readonly Members[] {
  return pipe.filter((step) => step['kind'] !== 'metadata' && !WITHOUT_EFFECT.has(step['type']))
}

function recordOf(members: Members, walk: Walk): readonly unknown[] {
  // In their own order, which packed values have.
  return Object.keys(members).map((name) => [name, describe(members[name], walk)])
}

function describeLazy(getter: unknown, walk: Walk): unknown {
  try {
    // A getter is valibot's own member of a lazy schema; whatever it gives is described as any value is.
    return describe((getter as (input: unknown) => unknown)(undefined), walk)
  } catch {
    // It looks at the value that is validated; there is none here.
    return 'opaque'
  }
}

/** Whatever stands in a member: schemas, literals, requirements, and arrays and records of them. */
function describe(value: unknown, walk: Walk): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  // arktype's schemas are functions.
  if (typeof value === 'object' || isSchema(value)) return describeNode(value, walk)
  // The name of a class survives a minifier only where the runtime owns it.
  if (typeof value === 'function') return ['function', (globalThis as Members)[value.name] === value ? value.name : '']
  // What is left has no JSON (NaN, bigint, undefined), or one that does not keep 1 and 1n, 0 and -0 apart. The compiler
  // does not narrow `unknown` by what it is not.
  const primitive = value as number | bigint | symbol | undefined
  return [typeof primitive, Object.is(primitive, -0) ? '-0' : String(primitive)]
}
