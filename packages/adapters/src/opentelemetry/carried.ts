import { FIELD_BOUNDS } from '@tautline/core/protocol'

type Pairs = Readonly<Record<string, string>>

/** The idempotency key of the call. */
const RESERVED = 'key'

/**
 * Of what a propagator wants to have carried, what a call has room for beside its own `meta`, in the order in which it was given.
 * A trace that ends early is better than a call that is refused for its trace.
 */
export function carried(wanted: Pairs, own: Pairs): Pairs {
  const { metaEntries, metaKeyBytes, metaValueBytes } = FIELD_BOUNDS
  const room = metaEntries - Object.keys(own).length - 1
  const fitting = Object.entries(wanted).filter(
    ([key, value]) =>
      key !== RESERVED &&
      key !== '__proto__' &&
      !Object.hasOwn(own, key) &&
      utf8Length(key) <= metaKeyBytes &&
      utf8Length(value) <= metaValueBytes,
  )
  return Object.fromEntries(fitting.slice(0, Math.max(0, room)))
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).byteLength
}
