import { got } from '../contract/got.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import { FIELD_BOUNDS } from '../protocol/field-bounds.ts'
import type { Meta } from '../protocol/frame.ts'

/** 4 weeks: beyond it, clocks of some platforms fire at once, and nobody waits. */
const MAX_TIMEOUT_MS = 28 * 24 * 60 * 60 * 1000

/**
 * Throws a `TypeError` for options that the other end would take for a violation: that would cost the connection, and
 * everything else on it.
 */
export function checkCallOptions({ timeoutMs, meta, idempotencyKey }: CheckedOptions): void {
  const isTime = typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS
  if (timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY && !isTime) {
    throw new TypeError(
      `Expected \`timeoutMs\` to be a number from 0 to ${MAX_TIMEOUT_MS} or Infinity, got ${got(timeoutMs)}`,
    )
  }
  if (meta !== undefined) checkMeta(meta, idempotencyKey === undefined ? 0 : 1)
  if (idempotencyKey !== undefined) checkKey(idempotencyKey)
}

/** Throws a `TypeError` for a key where the procedure takes none: only mutations have a result to be kept. */
export function checkTakesKey({ kind, path }: ProcedureEntry, { idempotencyKey }: KeyOption): void {
  if (idempotencyKey === undefined || kind === 'mutation') return
  throw new TypeError(`Expected an \`idempotencyKey\` for a mutation, got it for ${kind} \`${path}\``)
}

/** What travels as `meta`: the key goes along with it. */
export function metaOf({ meta, idempotencyKey }: CheckedOptions): Meta | undefined {
  return idempotencyKey === undefined ? meta : { ...meta, key: idempotencyKey }
}

/** When a timeout that begins at `now` is over: `undefined` for none, which `Infinity` means too. */
export function deadlineAfter(now: number, timeoutMs: number | undefined): number | undefined {
  return timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY ? undefined : now + timeoutMs
}

interface KeyOption {
  readonly idempotencyKey?: string | undefined
}

interface CheckedOptions extends KeyOption {
  readonly timeoutMs?: number | undefined
  readonly meta?: Meta | undefined
}

function checkKey(key: unknown): void {
  const { metaValueBytes } = FIELD_BOUNDS
  if (typeof key === 'string' && key !== '' && utf8Length(key) <= metaValueBytes) return
  throw new TypeError(`Expected \`idempotencyKey\` to be a string of 1 to ${metaValueBytes} bytes, got ${gotText(key)}`)
}

/** @param reserved entries that are not the application's */
function checkMeta(meta: Meta, reserved: number): void {
  const entries = Object.entries(meta)
  const { metaEntries, metaKeyBytes, metaValueBytes } = FIELD_BOUNDS
  const most = metaEntries - reserved
  if (entries.length > most) {
    throw new TypeError(`Expected \`meta\` to have at most ${most} entries, got ${entries.length}`)
  }
  if (Object.hasOwn(meta, 'key')) {
    throw new TypeError('Expected `meta` to have no `key`: give a key as `idempotencyKey`')
  }
  for (const [key, value] of entries) {
    if (key === '__proto__' || utf8Length(key) > metaKeyBytes) {
      throw new TypeError(`Expected the keys of \`meta\` to have at most ${metaKeyBytes} bytes, got ${got(key)}`)
    }
    if (typeof value !== 'string' || utf8Length(value) > metaValueBytes) {
      throw new TypeError(
        `Expected \`meta.${key}\` to be a string of at most ${metaValueBytes} bytes, got ${gotText(value)}`,
      )
    }
  }
}

/** Without the text: it may be a secret, and errors go into logs. */
function gotText(value: unknown): string {
  return typeof value === 'string' ? `one of ${utf8Length(value)}` : got(value)
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).byteLength
}
