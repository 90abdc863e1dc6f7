import { ConnectionRefusal } from '@tautline/core/peer'
import { CloseCode } from '@tautline/core/protocol'

/** How a connection is refused. */
export interface Refusal {
  readonly code: CloseCode
  readonly reason: string
  /** Whether the same client may succeed later with what it has. */
  readonly retry: boolean
}

/**
 * What a client is told when `context` did not accept it. Only a refusal by `fail` speaks of the client; anything else
 * thrown is a failure of the server, which may be over the next time.
 */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ConnectionRefusal)) return { code: CloseCode.Internal, reason: 'internal error', retry: true }
  const { code, message } = error
  if (code === 'FORBIDDEN') return { code: CloseCode.Forbidden, reason: message, retry: false }
  if (code === 'OVERLOADED') return { code: CloseCode.Unavailable, reason: message, retry: true }
  return { code: CloseCode.Unauthorized, reason: message, retry: false }
}
