import { got } from '../contract/got.ts'
import { FIELD_BOUNDS } from '../protocol/field-bounds.ts'
import type { Meta } from '../protocol/frame.ts'

/** 4 weeks: beyond it, clocks of some platforms fire at once, and nobody waits. */
const MAX_TIMEOUT_MS = 28 * 24 * 60 * 60 * 1000

/**
 * Throws a `TypeError` for options that the other end would take for a violation: that would cost the connection, and
 * everything else on it.
 */
export function checkCallOptions({ timeoutMs, meta }: CheckedOptions): void {
  const isTime = typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS
  if (timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY && !isTime) {
    throw new TypeError(
      `Expected \`timeoutMs\` to be a number from 0 to ${MAX_TIMEOUT_MS} or Infinity, got ${got(timeoutMs)}`,
    )
  }
  if (meta !== undefined) checkMeta(meta)
}

/** When a timeout that begins at `now` is over: `undefined` for none, which `Infinity` means too. */
export function deadlineAfter(now: number, timeoutMs: number | undefined): number | undefined {
  return timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY ? undefined : now + timeoutMs
}

interface CheckedOptions {
  readonly timeoutMs?: number | undefined
  readonly meta?: Meta | undefined
}

function checkMeta(meta: Meta): void {
  const entries = Object.entries(meta)
  const { metaEntries, metaKeyBytes, metaValueBytes } = FIELD_BOUNDS
  if (entries.length > metaEntries) {
    throw new TypeError(`Expected \`meta\` to have at most ${metaEntries} entries, got ${entries.length}`)
  }
  for (const [key, value] of entries) {
    if (key === '__proto__' || utf8Length(key) > metaKeyBytes) {
      throw new TypeError(`Expected the keys of \`meta\` to have at most ${metaKeyBytes} bytes, got ${got(key)}`)
    }
    if (typeof value !== 'string' || utf8Length(value) > metaValueBytes) {
      throw new TypeError(
        `Expected \`meta.${key}\` to be a string of at most ${metaValueBytes} bytes, got ${got(value)}`,
      )
    }
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).byteLength
}
