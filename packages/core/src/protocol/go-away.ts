import { controlMap, optional, required, withDefault } from './control-map.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import { duration, type FieldType, prose, text, tuple } from './field-types.ts'
import type { GoAway } from './frame.ts'
import { malformed } from './violation.ts'

const range = tuple<{ readonly min: number; readonly max: number }>({ min: duration, max: duration })

const delay: FieldType<GoAway['delayMs']> = {
  read(reader, field) {
    const { min, max } = range.read(reader, field)
    if (max < min) throw malformed(`Expected \`${field}\` to be a least and a greatest delay, got ${min} and ${max}`)
    return [min, max]
  },
  write: (writer, [min, max], field) => range.write(writer, { min, max }, field),
}

/**
 * The map of GOAWAY.
 *
 * Owns: the keys, and what each may hold. Must not know: when a server goes.
 * Normative text: PROTOCOL.md, "Closing".
 */
export const GO_AWAY: FieldType<GoAway> = controlMap<GoAway>('goaway', {
  why: withDefault('why', prose(FIELD_BOUNDS.wordBytes), ''),
  drainMs: required('drain', duration),
  delayMs: required('delay', delay),
  to: optional('to', text(FIELD_BOUNDS.addressBytes)),
})
