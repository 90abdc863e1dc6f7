import { controlMap, optional, required, version, withDefault } from './control-map.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import { boolean, bytes, type FieldType, list, optionalPayload, positive, prose, text, uint } from './field-types.ts'
import type { Hello } from './frame.ts'

/**
 * The map of HELLO.
 *
 * Owns: the keys, and what each may hold. Must not know: who is let in.
 * Normative text: PROTOCOL.md, "HELLO".
 */
export const HELLO: FieldType<Hello> = controlMap<Hello>('hello', {
  version: required('v', version),
  sid: optional('sid', text(FIELD_BOUNDS.sidBytes)),
  token: optional('token', bytes(FIELD_BOUNDS.tokenBytes)),
  rx: withDefault('rx', uint, 0),
  attempt: required('attempt', positive),
  compression: withDefault('compression', list(text(FIELD_BOUNDS.wordBytes), FIELD_BOUNDS.compressionEntries), []),
  contractHash: required('hash', text(FIELD_BOUNDS.hashBytes)),
  servesHash: optional('serves', text(FIELD_BOUNDS.hashBytes)),
  auth: optional('auth', optionalPayload),
  client: withDefault('client', prose(FIELD_BOUNDS.nameBytes), ''),
  why: withDefault('why', prose(FIELD_BOUNDS.wordBytes), ''),
  standby: withDefault('standby', boolean, false),
})
