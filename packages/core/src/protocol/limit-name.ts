/**
 * What a peer can hit of the protocol's limits, by the name under which each is counted. Normative text: PROTOCOL.md, "Limits".
 */
export type WireLimitName =
  | 'messageBytes'
  | 'inflatedBytes'
  /** `MAX_INFLATE_RATIO` */
  | 'inflateRatio'
  | 'depth'
  | 'nodes'
  | 'framesPerMessage'
  | 'calls'
  | 'streams'
  | 'topics'
  /** Items that came without credit: `streamItems`, `maxStreamItems` and `streamBytes`. */
  | 'streamCredit'
  | 'helloBytes'
  | 'handshakeMs'
  /** PINGs within a second. */
  | 'pings'
  /** `MAX_PARAMS_BYTES` */
  | 'paramsBytes'
  /** Messages that came faster than they were inflated. */
  | 'undecodedBytes'
  /** Handlers that go on after their call was cancelled. */
  | 'lingering'
  /** What waits for a peer that does not read. */
  | 'backlog'
