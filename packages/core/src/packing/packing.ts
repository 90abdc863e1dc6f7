/**
 * Values of known schemas to payloads and back, by position.
 *
 * Owns: packed or plain, and which is which. Must not know: procedures, frames.
 * Normative text: PROTOCOL.md, "Packed values".
 */
import type { Schema } from '../contract/schema.ts'
import { ValueReader } from '../protocol/decode-value.ts'
import type { Payload } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { Scanner } from '../protocol/scan.ts'
import type { ValueCodec } from '../protocol/value-codec.ts'
import type { Layout, Others } from './layout.ts'
import { layoutOf } from './layout-of.ts'
import { arrayLayout } from './list-layouts.ts'
import { PackWriter } from './pack-writer.ts'

export interface Packing {
  /** `undefined` for schemas whose values are not known to have a shape: they travel plain, unmarked. */
  packerOf(schema: Schema): Packer | undefined
}

export interface Packer extends OnePacker {
  /** For payloads that hold an array of values. */
  readonly many: OnePacker
}

interface OnePacker {
  /** Whether what `pack` takes is valid, and what `unpack` gives: validation would change nothing about it. */
  readonly proves: boolean
  /** `undefined` for what does not fit; a valid value fits, unless it cannot be sent. Never throws. */
  pack(value: unknown): Payload | undefined
  /** As `pack`, for what has not been validated: does not fit where anything would be left out. */
  packWhole(value: unknown): Payload | undefined
  /**
   * The value of a payload that was scanned.
   *
   * @throws Misfit or RangeError for what `pack` does not make
   */
  unpack(payload: Payload): unknown
}

/** A plain value where a packed one is expected: as the value of the only key, the empty one, of a map. */
const PLAIN_HEAD = [0x81, 0xa0] as const

export function createPacking(codec: ValueCodec): Packing {
  const packers = new WeakMap<Schema, Packer | undefined>()
  const pack = packWith(codec)
  const createPacker = (layout: Layout): OnePacker => ({
    proves: layout.proves,
    pack: (value) => pack(layout, value, 'left out'),
    packWhole: (value) => pack(layout, value, 'refused'),
    unpack: (payload) => layout.read(new ValueReader(payload)),
  })
  const createPackerOf = (schema: Schema): Packer | undefined => {
    const layout = schema['~standard'].vendor === 'valibot' ? layoutOf(schema, 0) : undefined
    if (layout === undefined || layout.isOpen) return undefined
    let many: OnePacker | undefined
    return {
      ...createPacker(layout),
      get many(): OnePacker {
        // Not the same layout: whatever is in it is nested deeper.
        many ??= createPacker(arrayLayout(layoutOf(schema, 1)))
        return many
      },
    }
  }
  return {
    packerOf(schema) {
      if (!packers.has(schema)) packers.set(schema, createPackerOf(schema))
      return packers.get(schema)
    },
  }
}

/** A payload that says that it is not packed. */
export function markPlain(payload: Payload): Payload {
  const marked = new Uint8Array(PLAIN_HEAD.length + payload.byteLength)
  marked.set(PLAIN_HEAD)
  marked.set(payload, PLAIN_HEAD.length)
  return marked
}

/** What is in a payload that says that it is not packed; `undefined` for a packed one. */
export function plainPart(payload: Payload): Payload | undefined {
  return payload[0] === PLAIN_HEAD[0] && payload[1] === PLAIN_HEAD[1] ? payload.subarray(PLAIN_HEAD.length) : undefined
}

/** A buffer that has grown past this is dropped, so that one large value does not stay in memory. */
const KEPT_BYTES = 64 * 1024

function packWith(codec: ValueCodec): (layout: Layout, value: unknown, others: Others) => Payload | undefined {
  // Taken while it is in use: a getter may pack something else.
  let free: PackWriter | undefined
  return (layout, value, others) => {
    const out = free ?? new PackWriter(codec)
    free = undefined
    out.begin(others)
    try {
      return layout.write(out, value) ? takePayload(out) : undefined
    } catch {
      // Whatever it is, validation and plain encoding will meet it again, and say so.
      return undefined
    } finally {
      free = out
    }
  }
}

function takePayload(out: PackWriter): Payload {
  // Each value takes a byte at least.
  if (out.offset > DEFAULT_LIMITS.nodes) new Scanner(DEFAULT_LIMITS).scan(out.view(0), 0, out.offset)
  if (out.offset < KEPT_BYTES) return out.copy(0)
  const payload = out.view(0)
  out.renew()
  return payload
}
