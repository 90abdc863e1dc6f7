import type { CloseCode } from './close-codes.ts'

/**
 * What a peer did that the protocol does not allow. Thrown by the decoder, returned by sessions; it ends
 * the connection with `closeCode` and never leaves the driver.
 */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
  readonly closeCode: CloseCode

  constructor(closeCode: CloseCode, message: string) {
    super(message)
    this.closeCode = closeCode
  }
}
