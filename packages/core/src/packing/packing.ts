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
import type { ValueList } from '../protocol/value-list.ts'
import { type Layout, Misfit, type Others } from './layout.ts'
import { layoutOf } from './layout-of.ts'
import { arrayLayout } from './list-layouts.ts'
import { PackWriter } from './pack-writer.ts'
import { flatLayoutOf, PackedValueList } from './packed-list.ts'
import { bytesLayout } from './scalar-layouts.ts'

export interface Packing {
  /** `undefined` for schemas whose values are not known to have a shape: they travel plain, unmarked. */
  packerOf(schema: Schema): Packer | undefined
}

export interface Packer extends OnePacker {
  /** For items that travel together; `undefined` where they travel plain. */
  readonly list: ListPacker | undefined
}

/** Each value that it takes is valid, and so is each that it gives. */
export interface ListPacker {
  /** Its `add` throws `Misfit` for what does not fit; a valid value fits, but for a few that only a plain list takes. */
  create(): ValueList
  /**
   * The values of a payload that was scanned and is not marked as plain.
   *
   * @throws Misfit or RangeError for what such a list does not make, and for another number of values
   */
  unpack(payload: Payload, count: number): readonly unknown[]
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

export function createPacking(codec: ValueCodec): Packing {
  const packers = new WeakMap<Schema, Packer | 'none'>()
  const packBy = packWith(codec)
  const pack = (layout: Layout, value: unknown, others: Others): Payload | undefined => {
    // They lie as they do plain, where they are copied once: a megabyte of them cost twice as much.
    if (layout === bytesLayout && value instanceof Uint8Array) return codec.encode(value)
    return packBy((out) => layout.write(out, value), others)
  }
  const createPacker = (layout: Layout): OnePacker => ({
    proves: layout.proves,
    pack: (value) => pack(layout, value, 'left out'),
    packWhole: (value) => pack(layout, value, 'refused'),
    unpack: (payload) => layout.read(new ValueReader(payload)),
  })
  const createPackerOf = (schema: Schema): Packer | undefined => {
    const layout = schema['~standard'].vendor === 'valibot' ? layoutOf(schema, 0) : undefined
    if (layout === undefined || layout.isOpen) return undefined
    return { ...createPacker(layout), list: createListPacker(layout) }
  }
  const createListPacker = (layout: Layout): ListPacker | undefined => {
    const flat = flatLayoutOf(layout)
    if (flat === undefined) return undefined
    const all = arrayLayout(layout)
    return {
      create: () => new PackedValueList(flat, packBy, () => codec.createList()),
      unpack(payload, count) {
        const values = all.read(new ValueReader(payload)) as readonly unknown[]
        if (values.length !== count) throw new Misfit()
        return values
      },
    }
  }
  return {
    packerOf(schema) {
      let packer = packers.get(schema)
      if (packer === undefined) {
        packer = createPackerOf(schema) ?? 'none'
        packers.set(schema, packer)
      }
      return packer === 'none' ? undefined : packer
    },
  }
}

/** A buffer that has grown past this is dropped, so that one large value does not stay in memory. */
const KEPT_BYTES = 64 * 1024

type Pack = (write: (out: PackWriter) => boolean, others?: Others) => Payload | undefined

function packWith(codec: ValueCodec): Pack {
  // Taken while it is in use: a getter may pack something else.
  let free: PackWriter | undefined
  return (write, others = 'left out') => {
    const out = free ?? new PackWriter(codec)
    free = undefined
    out.begin(others)
    try {
      return write(out) ? takePayload(out) : undefined
    } catch {
      // Whatever it is, validation and plain encoding will meet it again, and say so.
      return undefined
    } finally {
      free = out
    }
  }
}

function takePayload(out: PackWriter): Payload {
  // No value counts for more than four times its bytes: those without any take two.
  if (out.offset > DEFAULT_LIMITS.nodes / 4) new Scanner(DEFAULT_LIMITS).scan(out.view(0), 0, out.offset)
  if (out.offset < KEPT_BYTES) return out.copy(0)
  const payload = out.view(0)
  out.renew()
  return payload
}
