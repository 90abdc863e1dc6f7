/**
 * What both ends of a long poll keep to. Part of the protocol and no options: nobody negotiates before the first request.
 * Normative text: PROTOCOL.md, "Long poll".
 */
export const POLL_LIMITS = {
  /** Bytes of a body, up or down. Below 1 MiB, where many proxies begin to refuse. */
  bodyBytes: 524_288,
  /** Parts in one body. */
  bodyParts: 1024,
  /** Bytes of a connection's id. */
  idBytes: 16,
  /** Bytes of the reason of a close. */
  reasonBytes: 1024,
} as const

/**
 * Media type of answers, and what a request must accept: that makes it a long poll. `accept` needs no leave of another
 * origin (CORS), where a content type would cost one more round trip.
 */
export const POLL_MEDIA_TYPE = 'application/vnd.tautline.1'

/** A server answers a poll after this time at the latest, though there be nothing to say: less than what proxies wait. */
export const POLL_HOLD_MS = 20_000
