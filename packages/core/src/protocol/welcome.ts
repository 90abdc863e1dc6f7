import { controlMap, optional, required, version, withDefault } from './control-map.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import { boolean, bytes, duration, type FieldType, positive, prose, text, tuple, uint } from './field-types.ts'
import type { CompressionChoice, HeartbeatTimes, PeerLimits, Welcome } from './frame.ts'

/**
 * The map of WELCOME.
 *
 * Owns: the keys, and what each may hold. Must not know: what is granted to whom.
 * Normative text: PROTOCOL.md, "WELCOME".
 */
export const WELCOME: FieldType<Welcome> = controlMap<Welcome>('welcome', {
  version: required('v', version),
  sid: required('sid', text(FIELD_BOUNDS.sidBytes)),
  token: required('token', bytes(FIELD_BOUNDS.tokenBytes)),
  gen: required('gen', positive),
  resumed: withDefault('resumed', boolean, false),
  reason: optional('reason', text(FIELD_BOUNDS.wordBytes)),
  rx: withDefault('rx', uint, 0),
  heartbeat: required('heartbeat', tuple<HeartbeatTimes>({ idleMs: uint, timeoutMs: uint })),
  resumeWindowMs: withDefault('window', duration, 0),
  limits: required(
    'limits',
    tuple<PeerLimits>({
      messageBytes: uint,
      inflatedBytes: uint,
      framesPerMessage: uint,
      calls: uint,
      streams: uint,
      streamItems: uint,
      streamBytes: uint,
    }),
  ),
  compression: optional(
    'compression',
    tuple<CompressionChoice>({ algorithm: text(FIELD_BOUNDS.wordBytes), thresholdBytes: uint }),
  ),
  contractHash: required('hash', text(FIELD_BOUNDS.hashBytes)),
  servesHash: optional('serves', text(FIELD_BOUNDS.hashBytes)),
  authExpiresInMs: optional('authExpires', duration),
  server: withDefault('server', prose(FIELD_BOUNDS.nameBytes), ''),
})
