/**
 * The two forms of values on the wire: packed by position where both ends hold the same contract, else plain.
 *
 * Owns: which form a value has, and getting from one to the other. Must not know: which errors faults become, sessions.
 * Normative text: PROTOCOL.md, "Packed values".
 */
import type { MaybeSchema, ProcedureEntry } from '../contract/procedure-types.ts'
import type { ListPacker, Packer } from '../packing/packing.ts'
import type { PackingCodec } from '../packing/packing-codec.ts'
import { markPlain, plainPart } from '../packing/plain-mark.ts'
import type { Payload, ProcedureRef } from '../protocol/frame.ts'
import type { ValueCodec } from '../protocol/value-codec.ts'
import type { ValueList } from '../protocol/value-list.ts'
import type { ItemLists } from './item-sender.ts'

export type Form = 'packed' | 'plain'

/** What travels under a procedure or event that is named like this. */
export function formOf(ref: ProcedureRef): Form {
  return typeof ref === 'number' ? 'packed' : 'plain'
}

/** A schema and the form in which values of it travel. */
export interface Shape {
  readonly schema: MaybeSchema | null
  readonly form: Form
}

/** The shapes of what a procedure streams to its caller. */
export function itemShapesOf({ def }: ProcedureEntry, form: Form): ItemShapes {
  return { values: { schema: def.output, form }, resumes: { schema: def.resume, form } }
}

export interface ItemShapes {
  readonly values: Shape
  /** Of what the items can be resumed from. */
  readonly resumes: Shape
}

/** A value in one form, from which the other can be made. */
export interface Encoded {
  readonly form: Form
  readonly payload: Payload | undefined
}

/** A value that came packed, in a layout that proves it valid, and so needs no validation. */
export class Proven {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** An answer that is packed already, in a layout that proves it valid. */
export class Packed {
  readonly payload: Payload
  readonly #packer: Packer

  constructor(payload: Payload, packer: Packer) {
    this.payload = payload
    this.#packer = packer
  }

  /** As validation would have left it. */
  get value(): unknown {
    return this.#packer.unpack(this.payload)
  }
}

/** Packs a value that has not been validated; `undefined` where validation must see it. */
export function packProven(codec: PackingCodec, { schema, form }: Shape, value: unknown): Packed | undefined {
  const packer = packerFor(codec, { schema, form })
  const payload = packer?.proves === true && value !== undefined ? packer.pack(value) : undefined
  return packer && payload && new Packed(payload, packer)
}

/**
 * The payload of a value in the form that is asked for; none for `undefined`.
 *
 * @param validated whether validation has seen it: what it left out is no loss then
 * @throws UnserialisableError
 */
export function encodeShaped(
  codec: PackingCodec,
  shape: Shape,
  { value, validated }: { readonly value: unknown; readonly validated: boolean },
): Payload | undefined {
  if (value === undefined) return undefined
  const packer = packerFor(codec, shape)
  if (packer === undefined) return codec.encode(value)
  return (validated ? packer.pack(value) : packer.packWhole(value)) ?? markPlain(codec.encode(value))
}

/**
 * The value of a payload: `Proven` where it needs no validation.
 *
 * @throws Misfit or RangeError
 */
export function decodeShaped(codec: PackingCodec, shape: Shape, payload: Payload | undefined): unknown {
  if (payload === undefined) return undefined
  const packer = packerFor(codec, shape)
  if (packer === undefined) return codec.decode(payload)
  const plain = plainPart(payload)
  if (plain !== undefined) return codec.decode(plain)
  const value = packer.unpack(payload)
  return packer.proves ? new Proven(value) : value
}

/** What was encoded for one connection, for another where the form is another. */
export function reshape(codec: PackingCodec, { form, payload }: Encoded, shape: Shape): Payload | undefined {
  const packer =
    form === shape.form || payload === undefined ? undefined : packerFor(codec, { ...shape, form: 'packed' })
  if (packer === undefined || payload === undefined) return payload
  if (shape.form === 'packed') return markPlain(payload)
  return plainPart(payload) ?? codec.encode(packer.unpack(payload))
}

/** A value for many receivers, encoded at most once in each form. */
export interface SharedValue {
  payload(form: Form): Payload | undefined
}

/**
 * Encodes a value that is validated, or packed in place of that. It must not be changed as long as others ask for it.
 *
 * @throws UnserialisableError
 */
export function createSharedValue(codec: PackingCodec, schema: MaybeSchema, value: unknown): SharedValue {
  const shape: Shape = { schema, form: 'packed' }
  const packed = value instanceof Packed ? value.payload : encodeShaped(codec, shape, { value, validated: true })
  let plain: Payload | undefined
  return {
    payload(form) {
      if (form === 'packed') return packed
      plain ??= reshape(codec, { form: 'packed', payload: packed }, { schema, form })
      return plain
    },
  }
}

/** How items of a stream, or what they can be resumed from, travel together: packed only where that proves each of them. */
function listPackerFor(codec: PackingCodec, shape: Shape): ListPacker | undefined {
  return packerFor(codec, shape)?.list
}

export function createShapedList(codec: PackingCodec, shape: Shape): ValueList {
  return listPackerFor(codec, shape)?.create() ?? codec.createList()
}

/** What a caller gives is not validated before the callee has it: it travels as it is. */
export function plainLists(codec: Pick<ValueCodec, 'createList'>): ItemLists {
  const create = (): ValueList => codec.createList()
  return { createValues: create, createResumes: create }
}

/** Whether what such a list takes, before it goes plain, needs no validation. */
export function provesList(codec: PackingCodec, shape: Shape): boolean {
  return listPackerFor(codec, shape) !== undefined
}

/** The values of a list, and whether the way in which they came proves them valid. */
export interface DecodedList {
  readonly values: readonly unknown[]
  readonly proven: boolean
}

/**
 * What is in the payload of a list.
 *
 * @throws Misfit or RangeError
 */
export function decodeShapedList(
  codec: PackingCodec,
  shape: Shape,
  { payload, count }: { readonly payload: Payload; readonly count: number },
): DecodedList {
  const packer = listPackerFor(codec, shape)
  const plain = packer && plainPart(payload)
  if (packer !== undefined && plain === undefined) return { values: packer.unpack(payload, count), proven: true }
  return { values: codec.decodeList(plain ?? payload, count), proven: false }
}

export function withoutProof(value: unknown): unknown {
  return value instanceof Proven || value instanceof Packed ? value.value : value
}

function packerFor(codec: PackingCodec, { schema, form }: Shape): Packer | undefined {
  return form === 'plain' || schema === undefined || schema === null ? undefined : codec.packerOf(schema)
}
