import { ExtData } from '@msgpack/msgpack'
import { encodeBigInt } from './big-integer.ts'
import { encodeBinary } from './binary-views.ts'
import {
  HEAVY_NODES,
  keyWeight,
  MAX_BIGINT_BYTES,
  MAX_NUMBER_KEYS,
  SimpleValue,
  TOO_MANY_NUMBER_KEYS,
  ValueExtension,
} from './extension-types.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { UnserialisableError } from './unserialisable-error.ts'

/**
 * Makes a value ready for a plain MessagePack encoder: what MessagePack has no word for becomes an extension, and
 * what would be lost without a word is refused with its path.
 *
 * Owns: what may travel. Must not know: schemas, frames.
 * Normative text: PROTOCOL.md, "Values".
 *
 * Nothing is copied where nothing changes: most values come back as they went in. `encode` is the plain encoder, for what stands
 * inside an extension.
 */
export function prepareValue(value: unknown, encode: (prepared: unknown) => Uint8Array): unknown {
  const preparation = new Preparation(encode)
  try {
    return preparation.prepare(value)
  } catch (error) {
    if (error instanceof UnserialisableError) throw error
    throw new UnserialisableError(preparation.path(), 'a property that throws when read', { cause: error })
  }
}

/**
 * As `prepareValue`, for values that become parts of one payload: what is counted per payload is counted over all of
 * them. `depth`: how many containers of the payload there are around the part.
 */
export function createPartPreparation(
  encode: (prepared: unknown) => Uint8Array,
): (part: unknown, depth: number) => unknown {
  const preparation = new Preparation(encode)
  return (part, depth) => preparation.preparePart(part, depth)
}

const UNDEFINED = new ExtData(ValueExtension.Simple, Uint8Array.of(SimpleValue.Undefined))
const NEGATIVE_ZERO = new ExtData(ValueExtension.Simple, Uint8Array.of(SimpleValue.NegativeZero))

class Preparation {
  readonly #encode: (prepared: unknown) => Uint8Array
  readonly #path: (string | number)[] = []
  /** The objects around the current value: as many as it is deep. */
  readonly #around: object[] = []
  #nodes = 0
  #numberKeys = 0
  #depthLimit: number = DEFAULT_LIMITS.depth

  constructor(encode: (prepared: unknown) => Uint8Array) {
    this.#encode = encode
  }

  path(): readonly (string | number)[] {
    return [...this.#path]
  }

  preparePart(part: unknown, depth: number): unknown {
    this.#depthLimit = DEFAULT_LIMITS.depth - depth
    return this.prepare(part)
  }

  prepare(value: unknown): unknown {
    this.#count(1)
    switch (typeof value) {
      case 'string':
        return this.#checkText(value)
      case 'number':
        return Object.is(value, -0) ? NEGATIVE_ZERO : value
      case 'boolean':
        return value
      case 'undefined':
        return UNDEFINED
      case 'bigint':
        return this.#bigInt(value)
      case 'object':
        return value === null ? null : this.#object(value)
      case 'function':
      case 'symbol':
      default:
        throw this.#refusal(`a ${typeof value}`)
    }
  }

  /** Objects shared many times over may stand for more values than memory can hold. */
  #count(nodes: number): void {
    this.#nodes += nodes
    if (this.#nodes > DEFAULT_LIMITS.nodes) throw this.#refusal(`more than ${DEFAULT_LIMITS.nodes} values`)
  }

  #object(value: object): unknown {
    if (Array.isArray(value)) return this.#within(value, () => this.#array(value))
    if (isPlain(value)) return this.#within(value, () => this.#record(value))
    if (value instanceof Date) {
      if (Number.isNaN(value.getTime())) throw this.#refusal('an invalid Date')
      return value
    }
    this.#count(HEAVY_NODES - 1)
    if (value instanceof Uint8Array) return value
    if (value instanceof Map) return this.#within(value, () => this.#map(value))
    if (value instanceof Set) return this.#within(value, () => this.#set(value))
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      const contents = encodeBinary(value)
      if (contents) return new ExtData(ValueExtension.Binary, contents)
    }
    throw this.#refusal(describe(value))
  }

  #array(array: readonly unknown[]): unknown {
    let copy: unknown[] | undefined
    for (let i = 0; i < array.length; i += 1) {
      const prepared = this.#at(i, array[i])
      if (!copy && !Object.is(prepared, array[i])) copy = array.slice(0, i)
      copy?.push(prepared)
    }
    return copy ?? array
  }

  #record(record: Readonly<Record<string, unknown>>): unknown {
    let copy: Record<string, unknown> | undefined
    for (const key of Object.keys(record)) {
      if (key === '__proto__') throw this.#refusal('the key `__proto__`')
      this.#checkText(key)
      const value = record[key]
      const prepared = this.#at(key, value)
      if (!Object.is(prepared, value)) {
        copy ??= { ...record }
        copy[key] = prepared
      }
    }
    return copy ?? record
  }

  #map(map: ReadonlyMap<unknown, unknown>): ExtData {
    const flat: unknown[] = []
    for (const [key, value] of map) {
      this.#countKey(key)
      const step = typeof key === 'string' || typeof key === 'number' ? key : flat.length / 2
      flat.push(this.#at(step, key), this.#at(step, value))
    }
    return new ExtData(ValueExtension.Map, this.#encode(flat))
  }

  #set(set: ReadonlySet<unknown>): ExtData {
    const members: unknown[] = []
    for (const member of set) {
      this.#countKey(member)
      members.push(this.#at(members.length, member))
    }
    return new ExtData(ValueExtension.Set, this.#encode(members))
  }

  #countKey(key: unknown): void {
    this.#numberKeys += keyWeight(key)
    if (this.#numberKeys > MAX_NUMBER_KEYS) throw this.#refusal(TOO_MANY_NUMBER_KEYS)
  }

  #bigInt(value: bigint): ExtData {
    const bytes = encodeBigInt(value)
    if (bytes.byteLength > MAX_BIGINT_BYTES) throw this.#refusal(`a bigint of more than ${MAX_BIGINT_BYTES} bytes`)
    return new ExtData(ValueExtension.BigInt, bytes)
  }

  #checkText(text: string): string {
    if (!isWellFormed(text)) throw this.#refusal('a string with half a surrogate pair')
    return text
  }

  /** Prepares what is found one step further down. */
  #at(step: string | number, value: unknown): unknown {
    this.#path.push(step)
    const prepared = this.prepare(value)
    this.#path.pop()
    return prepared
  }

  #within(container: object, prepareContents: () => unknown): unknown {
    if (this.#around.length >= this.#depthLimit) {
      const isCycle = new Set(this.#around).size < this.#around.length
      throw this.#refusal(isCycle ? 'a cycle' : `nesting deeper than ${DEFAULT_LIMITS.depth}`)
    }
    this.#around.push(container)
    const prepared = prepareContents()
    this.#around.pop()
    return prepared
  }

  #refusal(reason: string): UnserialisableError {
    return new UnserialisableError(this.path(), reason)
  }
}

/** Whether the object has properties and nothing more to it. Objects of other realms have another `Object.prototype`. */
export function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

function isWellFormed(text: string): boolean {
  // ES2024, in every runtime of the support table; the core is compiled for ES2022.
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}

function describe(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object with a prototype of its own'
}
