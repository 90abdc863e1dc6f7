/**
 * How long the strings and lists of the envelope may be. Unlike `Limits` these are part of the protocol and
 * no option: a receiver closes with 4422 where one is passed. Normative text: PROTOCOL.md, "Bounds of fields".
 */
export const FIELD_BOUNDS = {
  /** Fields of one frame, known or not. */
  frameFields: 16,
  /** Entries of a control map, known or not. */
  mapEntries: 64,
  /** Bytes of a dotted path. */
  procedureBytes: 1024,
  metaEntries: 16,
  metaKeyBytes: 64,
  metaValueBytes: 1024,
  errorCodeBytes: 64,
  /** Bytes of an ERROR's message. */
  errorMessageBytes: 65_536,
  /** Bytes of a VOLATILE_EVENT's key. */
  keyBytes: 256,
  /** Bytes of CLOSE's reason. */
  reasonBytes: 1024,
  sidBytes: 64,
  tokenBytes: 64,
  hashBytes: 64,
  /** Bytes of the `client` and `server` names. */
  nameBytes: 256,
  /** Bytes of `why`, of WELCOME's `reason` and of a compression's name. */
  wordBytes: 64,
  /** Compression algorithms in one HELLO. */
  compressionEntries: 16,
  /** Bytes of GOAWAY's `to`. */
  addressBytes: 2048,
} as const
