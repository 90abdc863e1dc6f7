import { Encoder } from '@msgpack/msgpack'

/**
 * MessagePack as a tree that can be changed and written again, right or wrong: what a mutation needs.
 *
 * Bytes that are not MessagePack are leaves. A leaf is written as it is.
 */
export type Tree =
  | { readonly type: 'leaf'; readonly bytes: Uint8Array }
  | {
      readonly type: 'array' | 'map'
      /** Of a map: key, value, key, value, … */
      readonly items: Tree[]
      /** Added to the length that is declared. */
      lie: number
    }
  | { readonly type: 'extension'; readonly code: number; readonly items: Tree[]; lie: number }

/** Deeper than that is a leaf. */
const MOST_LEVELS = 80

/** All values from an offset on, one behind the other. */
export function parseTrees(bytes: Uint8Array, from: number): Tree[] {
  const parser = new Parser(bytes, from, bytes.byteLength)
  return parser.all(0)
}

/** @param head what stands in front */
export function writeTrees(head: Uint8Array, trees: readonly Tree[]): Uint8Array {
  const writer = new TreeWriter()
  writer.bytes(head)
  writer.trees(trees)
  return writer.take()
}

const encoder = new Encoder()

/** A number as a leaf. */
export function numberLeaf(value: number): Tree {
  return { type: 'leaf', bytes: encoder.encode(value) }
}

/** Every node, each with the list that it is in. */
export function placesOf(trees: Tree[]): { readonly list: Tree[]; readonly index: number }[] {
  const places: { list: Tree[]; index: number }[] = []
  const visit = (list: Tree[]): void => {
    for (const [index, tree] of list.entries()) {
      places.push({ list, index })
      if (tree.type !== 'leaf') visit(tree.items)
    }
  }
  visit(trees)
  return places
}

class Parser {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number

  constructor(bytes: Uint8Array, from: number, end: number) {
    this.#bytes = bytes
    this.#at = from
    this.#end = end
  }

  all(level: number): Tree[] {
    const trees: Tree[] = []
    while (this.#at < this.#end) trees.push(this.#next(level))
    return trees
  }

  #next(level: number): Tree {
    const start = this.#at
    const head = this.#bytes[start]!
    this.#at += 1
    if (level >= MOST_LEVELS) return this.#rest(start)
    if (head >= 0x80 && head < 0x90) return this.#container('map', head & 0x0f, level)
    if (head >= 0x90 && head < 0xa0) return this.#container('array', head & 0x0f, level)
    if (head === 0xdc || head === 0xdd) return this.#container('array', this.#uint(head === 0xdc ? 2 : 4), level)
    if (head === 0xde || head === 0xdf) return this.#container('map', this.#uint(head === 0xde ? 2 : 4), level)
    if (head >= 0xa0 && head < 0xc0) return this.#leaf(start, head & 0x1f)
    if (head >= 0xc4 && head <= 0xc6) return this.#leaf(start, this.#uint(1 << (head - 0xc4)))
    if (head >= 0xd9 && head <= 0xdb) return this.#leaf(start, this.#uint(1 << (head - 0xd9)))
    if (head >= 0xd4 && head <= 0xd8) return this.#extension(start, 1 << (head - 0xd4), level)
    if (head >= 0xc7 && head <= 0xc9) return this.#extension(start, this.#uint(1 << (head - 0xc7)), level)
    return this.#leaf(start, SCALAR_BYTES.get(head) ?? 0)
  }

  #container(type: 'array' | 'map', length: number, level: number): Tree {
    const items: Tree[] = []
    const declared = type === 'map' ? 2 * length : length
    while (items.length < declared && this.#at < this.#end) items.push(this.#next(level + 1))
    return { type, items, lie: length - (type === 'map' ? items.length >> 1 : items.length) }
  }

  #extension(start: number, length: number, level: number): Tree {
    const end = this.#at + 1 + length
    if (end > this.#end) return this.#rest(start)
    const code = this.#bytes[this.#at]!
    this.#at = end
    const holdsValues = code === 4 || code === 5
    if (!holdsValues) return { type: 'leaf', bytes: this.#bytes.subarray(start, end) }
    return { type: 'extension', code, items: new Parser(this.#bytes, end - length, end).all(level + 1), lie: 0 }
  }

  #leaf(start: number, length: number): Tree {
    this.#at = Math.min(this.#at + length, this.#end)
    return { type: 'leaf', bytes: this.#bytes.subarray(start, this.#at) }
  }

  #rest(start: number): Tree {
    this.#at = this.#end
    return { type: 'leaf', bytes: this.#bytes.subarray(start, this.#end) }
  }

  #uint(size: number): number {
    let value = 0
    for (let i = 0; i < size; i += 1) value = value * 256 + (this.#bytes[this.#at + i] ?? 0)
    this.#at += size
    return value
  }
}

/** Behind the heads of numbers. */
const SCALAR_BYTES: ReadonlyMap<number, number> = new Map([
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
])

class TreeWriter {
  #buffer = new Uint8Array(256)
  #length = 0

  trees(trees: readonly Tree[]): void {
    for (const tree of trees) {
      if (tree.type === 'leaf') this.bytes(tree.bytes)
      else if (tree.type === 'extension') this.#extension(tree.code, writeTrees(NOTHING, tree.items), tree.lie)
      else this.#container(tree.type, tree.items, tree.lie)
    }
  }

  bytes(bytes: Uint8Array): void {
    const end = this.#length + bytes.byteLength
    if (end > this.#buffer.byteLength) {
      const grown = new Uint8Array(2 * end)
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = end
  }

  take(): Uint8Array {
    return this.#buffer.slice(0, this.#length)
  }

  #extension(code: number, contents: Uint8Array, lie: number): void {
    const length = Math.max(0, contents.byteLength + lie)
    this.bytes(length < 0x100 ? Uint8Array.of(0xc7, length, code) : Uint8Array.of(0xc9, ...fourBytes(length), code))
    this.bytes(contents)
  }

  #container(type: 'array' | 'map', items: readonly Tree[], lie: number): void {
    const length = Math.max(0, (type === 'map' ? items.length >> 1 : items.length) + lie)
    const isMap = type === 'map'
    if (length < 16) this.bytes(Uint8Array.of((isMap ? 0x80 : 0x90) + length))
    else if (length < 0x10000) this.bytes(Uint8Array.of(isMap ? 0xde : 0xdc, length >> 8, length & 0xff))
    else this.bytes(Uint8Array.of(isMap ? 0xdf : 0xdd, ...fourBytes(length)))
    this.trees(items)
  }
}

const NOTHING = new Uint8Array()

function fourBytes(value: number): readonly number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
