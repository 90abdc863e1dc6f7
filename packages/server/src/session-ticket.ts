/**
 * Who may go on with a session.
 *
 * Owns: the tokens of one session, its generation, the latest attempt. Must not know: connections.
 * Normative text: PROTOCOL.md, "Resuming".
 */
import type { Hello } from '@tautline/core/protocol'
import { type RandomBytes, toHex } from './random-bytes.ts'
import { hashToken, isSameHash } from './token-hash.ts'

/** Lengths fixed by PROTOCOL.md, "Sessions". */
const SID_BYTES = 16
const TOKEN_BYTES = 32

/**
 * `valid`: it may attach. `late`: it was overtaken by a newer HELLO of the same client. `foreign`: it does not prove the
 * right to the session.
 */
export type TicketVerdict = 'valid' | 'late' | 'foreign'

export class SessionTicket {
  readonly sid: string
  readonly #randomBytes: RandomBytes
  #current: Uint8Array = new Uint8Array()
  /** The one that the client showed when it was given the current one, which may have got lost. */
  #previous: Uint8Array | undefined
  #attempt = 0
  #gen = 0

  constructor(randomBytes: RandomBytes) {
    this.sid = toHex(randomBytes(SID_BYTES))
    this.#randomBytes = randomBytes
  }

  /** Grows by one with every connection. */
  get gen(): number {
    return this.#gen
  }

  get attempt(): number {
    return this.#attempt
  }

  judge({ token, attempt }: Hello): TicketVerdict {
    if (token === undefined || !this.#accepts(hashToken(token))) return 'foreign'
    return attempt > this.#attempt ? 'valid' : 'late'
  }

  /**
   * Another connection attaches: the token for its WELCOME. The one that was shown stays valid until `confirm`.
   *
   * @param shown by the HELLO of the connection: no token where it is the first one of the session
   */
  issue(shown: Pick<Hello, 'token' | 'attempt'>): Uint8Array {
    const token = this.#randomBytes(TOKEN_BYTES)
    this.#previous = shown.token === undefined ? undefined : hashToken(shown.token)
    this.#current = hashToken(token)
    this.#attempt = shown.attempt
    this.#gen += 1
    return token
  }

  /** Something came over the new connection: its client has the new token. */
  confirm(): void {
    this.#previous = undefined
  }

  #accepts(hash: Uint8Array): boolean {
    const isCurrent = isSameHash(hash, this.#current)
    const isPrevious = this.#previous !== undefined && isSameHash(hash, this.#previous)
    return isCurrent || isPrevious
  }
}
