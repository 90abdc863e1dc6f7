import { BINARY_KINDS } from './extension-types.ts'

/**
 * `ArrayBuffer`, `DataView` and the typed arrays other than `Uint8Array`: a kind and the bytes. They travel as they lie
 * in memory, since every platform this runs on is little-endian, as is the wire.
 *
 * Normative text: PROTOCOL.md, "Values".
 */
type BinaryView = ArrayBuffer | ArrayBufferView

const KIND_OF = new Map(BINARY_KINDS.map(({ kind, name }) => [name, kind]))

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
  const type = BINARY_KINDS[(contents[0] ?? 0) - 1]?.type
  if (type === undefined) throw new TypeError(`Expected a known kind of binary, got \`${contents[0]}\``)
  const { buffer } = new Uint8Array(contents.subarray(1))
  return 'isView' in type ? buffer : new type(buffer)
}
