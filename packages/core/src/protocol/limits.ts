import type { PeerLimits } from './frame.ts'

/**
 * Every size that a peer controls, by name. Each has a test at the limit and one past it.
 * Source: DESIGN "Limits"; normative text: PROTOCOL.md, "Limits".
 */
export interface Limits extends PeerLimits {
  /** Bytes of one message on the wire. @default 1 MiB */
  readonly messageBytes: number
  /** Bytes of one message body after inflating. @default 4 MiB */
  readonly inflatedBytes: number
  /** Nesting of arrays, maps and extension values. @default 64 */
  readonly depth: number
  /** MessagePack values in one message, at all depths. Bytes, other binary, Maps and Sets count for 8. @default 1,000,000 */
  readonly nodes: number
  /** @default 1024 */
  readonly framesPerMessage: number
  /** Calls in flight that one peer may have made. @default 256 */
  readonly calls: number
  /** Streams open that one peer may have opened. @default 128 */
  readonly streams: number
  /** Topics one peer may listen to. @default 1024 */
  readonly topics: number
  /** Items of a stream that may be under way unread. @default 32 */
  readonly streamItems: number
  /** Bytes of a stream's items that may be under way unread. @default 256 KiB */
  readonly streamBytes: number
  /** To how many `streamItems` may grow, for a reader that keeps up. Each end decides for what it reads. @default 8192 */
  readonly maxStreamItems: number
  /** Bytes a client may send before WELCOME. @default 16 KiB */
  readonly helloBytes: number
  /** From transport open to HELLO, and from HELLO to WELCOME, in ms. @default 10,000 */
  readonly handshakeMs: number
}

const KiB = 1024
const MiB = 1024 * KiB

export const DEFAULT_LIMITS: Limits = {
  messageBytes: MiB,
  inflatedBytes: 4 * MiB,
  depth: 64,
  nodes: 1_000_000,
  framesPerMessage: 1024,
  calls: 256,
  streams: 128,
  topics: 1024,
  streamItems: 32,
  streamBytes: 256 * KiB,
  // As many as there is room for in `streamBytes` with 32 bytes each: items that are smaller are bounded by this.
  maxStreamItems: 8192,
  helloBytes: 16 * KiB,
  handshakeMs: 10_000,
}

/**
 * Inflated size divided by compressed size that is still believed. No option: a sender keeps to it without being told.
 * Normative text: PROTOCOL.md, "Compression".
 */
export const MAX_INFLATE_RATIO = 256

/**
 * Bytes of the parameters in a LISTEN. They are kept for as long as somebody listens, `topics` times over.
 * Normative text: PROTOCOL.md, "Events".
 */
export const MAX_PARAMS_BYTES = 4096
