import { CloseCode } from '../protocol/close-codes.ts'
import type { Hello, Welcome } from '../protocol/frame.ts'
import { PROTOCOL_VERSION } from '../protocol/version.ts'
import { ProtocolViolation, protocolError } from '../protocol/violation.ts'
import { textBytesAtMost } from './request.ts'

/**
 * What HELLO and WELCOME must say for a session to begin, beyond the shape that the decoder checks.
 *
 * Normative text: PROTOCOL.md, "Handshake".
 */

/**
 * Requests of each kind that a client may send in the message of HELLO, and that a server takes there even where its own
 * limits, which the client cannot know yet, are lower.
 */
export const EARLY_REQUESTS = 32

export function checkHello(hello: Hello): void {
  checkVersion(hello.version)
  if (hello.attempt < 1) {
    throw protocolError(`Expected \`attempt\` to be at least 1, got ${hello.attempt}`)
  }
  if (hello.sid === undefined && hello.rx !== 0) {
    throw protocolError(`Expected \`rx\` of a new session to be 0, got ${hello.rx}`)
  }
}

export function checkWelcome(welcome: Welcome, hello: Hello, sent: number): void {
  checkVersion(welcome.version)
  if (welcome.gen < 1) {
    throw protocolError(`Expected \`gen\` to be at least 1, got ${welcome.gen}`)
  }
  if (welcome.resumed && hello.sid === undefined) {
    throw protocolError('Expected a new session, got one that is said to be resumed')
  }
  if (!welcome.resumed && welcome.rx > sent) {
    throw protocolError(`Expected \`rx\` of at most ${sent}, got ${welcome.rx}`)
  }
  const chosen = welcome.compression?.algorithm
  if (chosen !== undefined && !hello.compression.includes(chosen)) {
    throw protocolError(`Expected one of the offered compressions, got \`${chosen}\``)
  }
}

/** What a WELCOME must say that takes a session to another connection; its `rx` is for the sequence to judge. */
export function checkResumption(welcome: Welcome, { sid, gen }: { readonly sid: string; readonly gen: number }): void {
  if (welcome.sid !== sid) throw protocolError(`Expected the session \`${sid}\` to go on, got \`${welcome.sid}\``)
  if (welcome.gen <= gen) throw protocolError(`Expected \`gen\` above ${gen}, got ${welcome.gen}`)
}

/** Never less than what the HELLO takes on the wire. */
export function helloBytesAtMost(hello: Hello): number {
  const texts = [hello.sid, hello.contractHash, hello.servesHash, hello.client, hello.why, ...hello.compression]
  return texts.reduce(
    (bytes, text) => bytes + textBytesAtMost(text),
    FIXED_BYTES + (hello.token?.byteLength ?? 0) + (hello.auth?.byteLength ?? 0),
  )
}

/** Message header, keys and numbers. */
const FIXED_BYTES = 256

function checkVersion(version: number): void {
  if (version === PROTOCOL_VERSION) return
  throw new ProtocolViolation(
    CloseCode.UnsupportedVersion,
    `Expected protocol version ${PROTOCOL_VERSION}, got ${version}`,
  )
}
