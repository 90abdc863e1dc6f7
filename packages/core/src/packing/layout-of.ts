/**
 * The layout that follows from a schema: for every schema there is one that takes all of its valid values.
 *
 * Owns: what is known of valibot's schemas, which are plain objects with `kind` and `type`, read structurally without importing
 * valibot. Must not know: bytes. What is looked at here is part of the contract's hash (`contract/describe-schema.ts`).
 */
import { effectiveSteps } from '../contract/describe-schema.ts'
import { firstOf, orNull, orUndefined } from './choice-layouts.ts'
import type { Layout } from './layout.ts'
import { arrayLayout, recordLayout, tupleLayout } from './list-layouts.ts'
import { dateLayout, numberLayout } from './number-layouts.ts'
import { objectLayout, type Property } from './object-layout.ts'
import { isWellFormed } from './pack-writer.ts'
import { bigintLayout, booleanLayout, bytesLayout, optionLayout, plainLayout } from './scalar-layouts.ts'
import { textLayout } from './text-layout.ts'

/** Whatever is nested deeper lies as plain values do. */
const MAX_DEPTH = 16

/** One byte tells the options apart. */
const MAX_OPTIONS = 128

/** Properties of these types need not be there. */
const MAY_BE_ABSENT: ReadonlySet<unknown> = new Set(['optional', 'exact_optional', 'nullish'])

type Node = Readonly<Record<string, unknown>>

/** @param depth how many containers there are around the value */
export function layoutOf(schema: unknown, depth: number): Layout {
  const layout = depth > MAX_DEPTH ? undefined : exactLayout(schema, depth)
  return layout ?? plainLayout(false, depth)
}

/** `undefined` for what is not known well enough. */
function exactLayout(schema: unknown, depth: number): Layout | undefined {
  if (!isNode(schema) || schema['kind'] !== 'schema' || schema['async'] === true) return undefined
  if (schema['fallback'] !== undefined) return undefined
  const { pipe } = schema
  return Array.isArray(pipe) ? pipeLayout(pipe, depth) : layoutOfType(schema, depth)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null
}

function layoutOfType(schema: Node, depth: number): Layout | undefined {
  switch (schema['type']) {
    case 'string':
      return textLayout
    case 'number':
      return numberLayout
    case 'boolean':
      return booleanLayout
    case 'bigint':
      return bigintLayout
    case 'date':
      return dateLayout
    case 'instance':
      return schema['class'] === Uint8Array ? bytesLayout : undefined
    case 'any':
    case 'unknown':
      return plainLayout(true, depth)
    case 'null':
      return optionLayout([null])
    case 'undefined':
    case 'void':
      return optionLayout([undefined])
    case 'literal':
      return layoutOfOptions([schema['literal']])
    case 'picklist':
    case 'enum':
      return layoutOfOptions(schema['options'])
    case 'nullable':
      return wrapped(schema, orNull(layoutOf(schema['wrapped'], depth)))
    case 'optional':
    case 'undefinedable':
      return wrapped(schema, orUndefined(layoutOf(schema['wrapped'], depth)))
    case 'nullish':
      return wrapped(schema, orUndefined(orNull(layoutOf(schema['wrapped'], depth))))
    case 'exact_optional':
      return wrapped(schema, layoutOf(schema['wrapped'], depth))
    case 'object':
    case 'strict_object':
      return layoutOfEntries(schema, depth)
    case 'array':
      return arrayLayout(layoutOf(schema['item'], depth + 1))
    case 'tuple':
    case 'strict_tuple':
      return layoutOfItems(schema, depth)
    case 'record':
      return isPlainString(schema['key']) ? recordLayout(layoutOf(schema['value'], depth + 1)) : undefined
    case 'union':
    case 'variant':
      return layoutOfAlternatives(schema['options'], depth)
    default:
      return undefined
  }
}

function unproven(layout: Layout | undefined): Layout | undefined {
  return layout && { ...layout, proves: false }
}

/** What is absent becomes the default: only validation knows which. */
function wrapped(schema: Node, layout: Layout): Layout | undefined {
  return schema['default'] === undefined ? layout : unproven(layout)
}

/**
 * That of the schema in front, as long as nothing behind it makes something else of a value: the same layout must do for what
 * goes into validation and for what comes out of it.
 */
function pipeLayout(pipe: readonly Node[], depth: number): Layout | undefined {
  const [schema, ...checks] = effectiveSteps(pipe)
  if (checks.some(({ kind }) => kind !== 'validation')) return undefined
  const layout = exactLayout(schema, depth)
  return checks.length === 0 ? layout : unproven(layout)
}

function layoutOfEntries({ type, entries }: Node, depth: number): Layout | undefined {
  if (!isNode(entries)) return undefined
  const properties: Property[] = []
  for (const key in entries) {
    if (!Object.hasOwn(entries, key) || key === '__proto__' || !isWellFormed(key)) return undefined
    const schema = entries[key]
    const isOptional = isNode(schema) && MAY_BE_ABSENT.has(schema['type'])
    // What may be absent may stand in an array of its own.
    properties.push({ key, isOptional, layout: layoutOf(schema, depth + (isOptional ? 2 : 1)) })
  }
  return objectLayout(properties, type === 'strict_object' ? 'refused' : 'left out')
}

function layoutOfItems({ type, items }: Node, depth: number): Layout | undefined {
  if (!Array.isArray(items)) return undefined
  const layouts = items.map((item) => layoutOf(item, depth + 1))
  return tupleLayout(layouts, type === 'strict_tuple' ? 'refused' : 'left out')
}

/** All of them must prove: of others, a layout may take what validation has taken for another, and keep less of it. */
function layoutOfAlternatives(options: unknown, depth: number): Layout | undefined {
  if (!Array.isArray(options) || options.length > MAX_OPTIONS) return undefined
  const layouts = options.map((option) => layoutOf(option, depth + 1))
  return layouts.every(({ proves }) => proves) ? firstOf(layouts) : undefined
}

function layoutOfOptions(options: unknown): Layout | undefined {
  if (!Array.isArray(options) || options.length > MAX_OPTIONS) return undefined
  return options.every(canBeOption) ? optionLayout(Array.from<unknown>(options)) : undefined
}

function canBeOption(option: unknown): boolean {
  return typeof option === 'string' ? isWellFormed(option) : typeof option === 'number' || typeof option === 'boolean'
}

/** Any string: of others, keys may be changed or refused. */
function isPlainString(schema: unknown): boolean {
  return exactLayout(schema, 0) === textLayout
}
