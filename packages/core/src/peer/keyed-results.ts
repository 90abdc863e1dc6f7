/** Results of calls with an idempotency key, between what handlers give and what stores keep. */
import { hash64 } from '../contract/hash.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { Payload } from '../protocol/frame.ts'
import { payloadKey, type ValueCodec } from '../protocol/value-codec.ts'
import { type PublicError, PublicFailure, refusal } from './public-error.ts'
import type { StoredResult } from './result-store.ts'

/** Throws where the output cannot be carried. */
export function successOf(codec: ValueCodec, output: unknown): StoredResult {
  return { type: 'ok', output: encode(codec, output) }
}

/** Throws where the data cannot be carried. */
export function failureOf(codec: ValueCodec, { code, message, data }: PublicError): StoredResult {
  return { type: 'error', code, message, data: encode(codec, data) }
}

/** The output that was stored; throws an error that was. */
export function readResult(codec: ValueCodec, entry: ProcedureEntry, result: StoredResult): unknown {
  if (result.type === 'ok') return decode(codec, result.output)
  if (result.type === 'lost') throw refusal(entry, 'RESULT_LOST')
  const { code, message, data } = result
  throw new PublicFailure(entry, { code, message, data: decode(codec, data) })
}

/**
 * Stands for an input as it came, whatever the order of its properties. No defence against whoever seeks two inputs of
 * one fingerprint: keys are each principal's own, so that it would get its own result.
 */
export function fingerprintOf(codec: ValueCodec, input: unknown): string {
  const payload = codec.encodeCanonical(input)
  return `${payload.byteLength.toString(36)}-${hash64(payloadKey(payload))}`
}

function encode(codec: ValueCodec, value: unknown): Payload | undefined {
  return value === undefined ? undefined : codec.encode(value)
}

function decode(codec: ValueCodec, payload: Payload | undefined): unknown {
  return payload === undefined ? undefined : codec.decode(payload)
}
