import { CloseCode } from './close-codes.ts'
import type { WireLimitName } from './limit-name.ts'

/**
 * What a peer did that the protocol does not allow. Thrown by the decoder, returned by sessions; it ends
 * the connection with `closeCode` and never leaves the driver.
 */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
  readonly closeCode: CloseCode
  /** The limit that was passed, where it is one. */
  readonly limit: WireLimitName | undefined

  constructor(closeCode: CloseCode, message: string, limit?: WireLimitName) {
    super(message)
    this.closeCode = closeCode
    this.limit = limit
  }
}

/** Bytes that are not MessagePack, or not of the shape they must have. */
export function malformed(message: string): ProtocolViolation {
  return new ProtocolViolation(CloseCode.Malformed, message)
}

/** A limit on sizes was passed. */
export function tooLarge(message: string, limit?: WireLimitName): ProtocolViolation {
  return new ProtocolViolation(CloseCode.TooLarge, message, limit)
}

/** Frames that are not allowed now. */
export function protocolError(message: string, limit?: WireLimitName): ProtocolViolation {
  return new ProtocolViolation(CloseCode.ProtocolError, message, limit)
}
