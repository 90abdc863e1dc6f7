import type { Frame, MessageHeader } from './frame.ts'

/** How `packages/core/vectors/*.json` are written: bytes as `{ "hex": "…" }`, values with `$` tags. */
export interface MessageVector {
  readonly name: string
  readonly hex: string
  readonly header: MessageHeader
  readonly frames: readonly unknown[]
  /** Why no sender of ours writes it like that. */
  readonly decodeOnly?: string
}

export interface RefusedVector {
  readonly name: string
  readonly hex?: string
  /** Large ones: pieces, each `repeat` times (once where it is absent). */
  readonly parts?: readonly { readonly hex: string; readonly repeat?: number }[]
  readonly closeCode: number
  readonly why: string
}

export interface ValueVector {
  readonly name: string
  readonly hex: string
  readonly value: unknown
  readonly canonical?: boolean
  readonly decodeOnly?: string
}

export function fromHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, '')
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16)
  return bytes
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function refusedBytes(vector: RefusedVector): Uint8Array {
  const pieces = (vector.parts ?? [{ hex: vector.hex ?? '' }]).map((part) => ({
    bytes: fromHex(part.hex),
    repeat: 'repeat' in part ? (part.repeat ?? 1) : 1,
  }))
  const whole = new Uint8Array(pieces.reduce((sum, { bytes, repeat }) => sum + bytes.byteLength * repeat, 0))
  let at = 0
  for (const { bytes, repeat } of pieces) {
    for (let i = 0; i < repeat; i += 1) {
      whole.set(bytes, at)
      at += bytes.byteLength
    }
  }
  return whole
}

/** A frame as the vectors write it. Absent fields stay absent, which `toEqual` takes for `undefined`. */
export function reviveFrame(notation: unknown): Frame {
  return reviveHex(notation) as Frame
}

function reviveHex(notation: unknown): unknown {
  if (Array.isArray(notation)) return notation.map(reviveHex)
  if (typeof notation !== 'object' || notation === null) return notation
  if ('hex' in notation && typeof notation.hex === 'string') return fromHex(notation.hex)
  return Object.fromEntries(Object.entries(notation).map(([key, value]) => [key, reviveHex(value)]))
}

/** A value as the vectors write it. */
export function reviveValue(notation: unknown): unknown {
  if (Array.isArray(notation)) return notation.map(reviveValue)
  if (typeof notation !== 'object' || notation === null) return notation
  const entries = Object.entries(notation)
  const [tag, content] = entries[0] ?? ['']
  switch (tag) {
    case '$undefined':
      return undefined
    case '$number':
      return Number(content)
    case '$bigint':
      return BigInt(String(content))
    case '$date':
      return new Date(Number(content))
    case '$map':
      return new Map(reviveValue(content) as [unknown, unknown][])
    case '$set':
      return new Set(reviveValue(content) as unknown[])
    case '$binary':
      return reviveBinary(content as [string, string])
    default:
      return Object.fromEntries(entries.map(([key, value]) => [key, reviveValue(value)]))
  }
}

function reviveBinary([type, hex]: readonly [string, string]): unknown {
  const { buffer } = fromHex(hex)
  if (type === 'ArrayBuffer') return buffer
  const constructors = globalThis as unknown as Record<string, new (buffer: ArrayBufferLike) => unknown>
  const Constructor = constructors[type]
  if (!Constructor) throw new TypeError(`Expected the name of a typed array, got \`${type}\``)
  return new Constructor(buffer)
}
