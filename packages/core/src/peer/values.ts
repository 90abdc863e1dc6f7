/**
 * Values of the application on their way to and from payloads, and what can be wrong with them.
 *
 * Owns: which error each fault becomes. Must not know: who sent or awaits a value.
 */
import { TautlineError } from '../contract/error.ts'
import type { ErrorSchemas, MaybeSchema } from '../contract/procedure-types.ts'
import { type Validation, validate } from '../contract/validate.ts'
import type { PackingCodec } from '../packing/packing-codec.ts'
import type { ItemBatch, Payload } from '../protocol/frame.ts'
import type { ValueCodec } from '../protocol/value-codec.ts'
import type { DecodedItems } from './arrived-batch.ts'
import {
  createSharedValue,
  type DecodedList,
  decodeShaped,
  decodeShapedList,
  type Encoded,
  encodeShaped,
  type Form,
  type ItemShapes,
  Proven,
  type Shape,
  type SharedValue,
} from './forms.ts'
import type { ItemSender } from './item-sender.ts'

/** The payload of a value; none for `undefined`. Throws `UNSERIALISABLE`, with where in the value and why. */
export function encodeValue(codec: ValueCodec, value: unknown): Payload | undefined {
  return value === undefined ? undefined : unserialisableFrom(() => codec.encode(value))
}

/** As `encodeValue`, in the form of a connection. */
export function encodeAs(codec: PackingCodec, shape: Shape, value: unknown): Encoded {
  const encode = (): Payload | undefined => encodeShaped(codec, shape, { value, validated: false })
  return { form: shape.form, payload: unserialisableFrom(encode) }
}

/** As `createSharedValue`. Throws `UNSERIALISABLE`. */
export function shareValue(codec: PackingCodec, schema: MaybeSchema, value: unknown): SharedValue {
  return unserialisableFrom(() => createSharedValue(codec, schema, value))
}

/** As `encodeValue`, so that equal values are equal bytes. */
export function encodeCanonically(codec: ValueCodec, value: unknown): Payload | undefined {
  return value === undefined ? undefined : unserialisableFrom(() => codec.encodeCanonical(value))
}

/** As `encodeValue`, for an item of a stream: each is a value, also `undefined`. */
export function addItem(sender: ItemSender, item: unknown): void {
  try {
    sender.add(item)
  } catch (cause) {
    throw unserialisable(cause)
  }
}

function unserialisableFrom<T>(encode: () => T): T {
  try {
    return encode()
  } catch (cause) {
    throw unserialisable(cause)
  }
}

function unserialisable(cause: unknown): TautlineError {
  return new TautlineError('UNSERIALISABLE', { message: messageOf(cause), outcome: 'not-sent', cause })
}

export interface ValueReader {
  /** Throws or rejects with `INVALID_OUTPUT`. Synchronous unless a schema is not. */
  read(payload: Payload | undefined, shape: Shape): unknown
  /** To be checked one by one, unless they are proven. Throws `INVALID_OUTPUT`. */
  readItems(batch: ItemBatch, shapes: ItemShapes): DecodedItems
  /** As `read`, of a value that is there already. */
  check(value: unknown, schema: MaybeSchema | null): unknown
  /** The error that the other end has told of, with data in the form of the call. */
  readError(told: ToldError, schemas: ErrorSchemas, form: Form): TautlineError | Promise<TautlineError>
}

export interface ToldError {
  readonly code: string
  readonly message: string
  readonly data: Payload | undefined
}

/** @param validates whether schemas are asked, or the other end is believed */
export function createValueReader(codec: PackingCodec, validates: boolean): ValueReader {
  const check: ValueReader['check'] = (value, schema) => {
    if (value instanceof Proven) return value.value
    if (!validates || schema === undefined || schema === null) return value
    const validation = validate(schema, value)
    return validation instanceof Promise ? validation.then(unwrap) : unwrap(validation)
  }
  const read: ValueReader['read'] = (payload, shape) =>
    check(
      believable(() => decodeShaped(codec, shape, payload)),
      shape.schema,
    )
  return {
    read,
    check,
    readItems({ values, resumes, count }, shapes) {
      const list = (payload: Payload, shape: Shape): DecodedList =>
        believable(() => decodeShapedList(codec, shape, { payload, count }))
      return { ...list(values, shapes.values), resumes: resumes && list(resumes, shapes.resumes).values }
    },
    readError(told, schemas, form) {
      const toError = (data: unknown): TautlineError => new TautlineError(told.code, { message: told.message, data })
      try {
        const data = read(told.data, { schema: schemas[told.code], form })
        return data instanceof Promise ? data.then(toError, asError) : toError(data)
      } catch (fault) {
        return asError(fault)
      }
    },
  }
}

function believable<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new TautlineError('INVALID_OUTPUT', { message: messageOf(cause), cause })
  }
}

function unwrap(validation: Validation<unknown>): unknown {
  if (validation.ok) return validation.value
  throw new TautlineError('INVALID_OUTPUT', { data: { issues: validation.issues }, cause: validation.cause })
}

/** `read` throws nothing else. */
function asError(fault: unknown): TautlineError {
  return fault as TautlineError
}

function messageOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message : undefined
}

export function throwIt(error: TautlineError): never {
  throw error
}
