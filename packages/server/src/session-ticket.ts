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
/** More WELCOMEs than that no client loses in a row, without a word over any of the connections. */
const MAX_TOKENS = 8

const NONE: readonly string[] = Object.freeze([])

/**
 * `valid`: it may attach. `late`: it was overtaken by a newer HELLO of the same client. `foreign`: it does not prove the
 * right to the session.
 */
export type TicketVerdict = 'valid' | 'late' | 'foreign'

export class SessionTicket {
  readonly sid: string
  readonly #randomBytes: RandomBytes
  /**
   * Hashes of the tokens that its client may have, the latest last: of connections that were made side by side, it may have
   * got the WELCOME of any, or of none.
   */
  #valid: readonly string[] = NONE
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
   * Another connection attaches: the token for its WELCOME. The one that was shown, and those given since, stay valid until
   * `confirm`.
   *
   * @param shown by the HELLO of the connection: no token where it is the first one of the session
   */
  issue(shown: Pick<Hello, 'token' | 'attempt'>): Uint8Array {
    const token = this.#randomBytes(TOKEN_BYTES)
    const known = shown.token === undefined ? [] : [hashToken(shown.token)]
    const others = this.#valid.filter((hash) => !known.some((one) => isSameHash(one, hash)))
    this.#valid = [...others, ...known, hashToken(token)].slice(-MAX_TOKENS)
    this.#attempt = shown.attempt
    this.#gen += 1
    return token
  }

  /** Something came over the new connection: its client has the new token. */
  confirm(): void {
    this.#valid = this.#valid.slice(-1)
  }

  #accepts(hash: string): boolean {
    return this.#valid.filter((valid) => isSameHash(hash, valid)).length > 0
  }
}
