import type { ProcedureEntry } from '@tautline/core'
import { got } from '@tautline/core/peer'
import { FIELD_BOUNDS } from '@tautline/core/protocol'

/** What `publish` takes last, for events that are declared `volatile`. */
export interface PublishOptions {
  /**
   * What the event is about, such as whose cursor moved: 1 to 256 bytes. While a listener is behind, only the latest event of
   * each key waits for it. An event without a key does not wait.
   */
  readonly key?: string | undefined
}

/** The key of an event that is published. Throws a `TypeError` for one that cannot work, since receivers would hang up. */
export function keyOf({ def, path }: ProcedureEntry, options: unknown): string | undefined {
  // Where no compiler looked it may be anything.
  const { key } = Object(options ?? {}) as { readonly key?: unknown }
  if (key === undefined) return undefined
  if (!def.volatile) throw new TypeError(`Expected no \`key\`: event \`${path}\` is not declared \`volatile\``)
  const isKey =
    typeof key === 'string' && key !== '' && new TextEncoder().encode(key).byteLength <= FIELD_BOUNDS.keyBytes
  if (isKey) return key
  throw new TypeError(`Expected \`key\` to be a string of 1 to ${FIELD_BOUNDS.keyBytes} bytes, got ${got(key)}`)
}
