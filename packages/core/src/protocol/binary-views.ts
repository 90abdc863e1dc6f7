import { BINARY_KINDS } from './extension-types.ts'

/**
 * `ArrayBuffer`, `DataView` and the typed arrays other than `Uint8Array`: a kind and the bytes. They travel as they lie
 * in memory, since every platform this runs on is little-endian, as is the wire.
 *
 * Normative text: PROTOCOL.md, "Values".
 */
type BinaryView = ArrayBuffer | ArrayBufferView

const MAKERS: Readonly<Record<string, (buffer: ArrayBuffer) => BinaryView>> = {
  ArrayBuffer: (buffer) => buffer,
  DataView: (buffer) => new DataView(buffer),
  Int8Array: (buffer) => new Int8Array(buffer),
  Uint8ClampedArray: (buffer) => new Uint8ClampedArray(buffer),
  Int16Array: (buffer) => new Int16Array(buffer),
  Uint16Array: (buffer) => new Uint16Array(buffer),
  Int32Array: (buffer) => new Int32Array(buffer),
  Uint32Array: (buffer) => new Uint32Array(buffer),
  Float32Array: (buffer) => new Float32Array(buffer),
  Float64Array: (buffer) => new Float64Array(buffer),
  BigInt64Array: (buffer) => new BigInt64Array(buffer),
  BigUint64Array: (buffer) => new BigUint64Array(buffer),
}

const KIND_OF = new Map(BINARY_KINDS.map(({ kind, name }) => [name, kind]))
const MAKER_OF = new Map(BINARY_KINDS.map(({ kind, name }) => [kind, MAKERS[name]]))

/** The contents of a `Binary` extension, or `undefined` for a view of a kind that has no number. */
export function encodeBinary(value: BinaryView): Uint8Array | undefined {
  const kind = KIND_OF.get(Object.prototype.toString.call(value).slice('[object '.length, -1))
  if (kind === undefined) return undefined
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
  const contents = new Uint8Array(1 + bytes.byteLength)
  contents[0] = kind
  contents.set(bytes, 1)
  return contents
}

/** Always in memory of its own: elements must lie at multiples of their size, and `buffer` is part of the value. */
export function decodeBinary(contents: Uint8Array): BinaryView {
  const maker = MAKER_OF.get(contents[0] ?? 0)
  if (!maker) throw new TypeError(`Expected a known kind of binary, got \`${contents[0]}\``)
  const bytes = new Uint8Array(contents.byteLength - 1)
  bytes.set(contents.subarray(1))
  return maker(bytes.buffer)
}
