/**
 * What a client answers when the server calls it.
 *
 * Owns: which handlers run, with which context. Must not know: how they run; that comes along with the handlers, so that a
 * client without any has none of it in its bundle.
 */
import { TautlineError } from '@tautline/core'
import type {
  CalleeSide,
  CallObserver,
  PackingCodec,
  PeerHandle,
  ServedProcedures,
  SessionLink,
} from '@tautline/core/peer'

export interface ServedOptions {
  readonly link: SessionLink
  readonly codec: PackingCodec
  readonly connection: PeerHandle
  readonly context: object
  readonly now: () => number
  readonly onError: (error: unknown) => void
  readonly observer: CallObserver | undefined
}

/** What the implementation's own `context` makes of the server. Fails as that does. */
export async function contextOf(
  served: ServedProcedures | undefined,
  connection: PeerHandle,
  signal: AbortSignal,
): Promise<object> {
  const makeContext = served?.['~makeContext']
  if (makeContext === undefined) return {}
  const fail = (code: 'UNAUTHORIZED' | 'FORBIDDEN' | 'OVERLOADED', message?: string): never => {
    throw new TautlineError(code, { message })
  }
  return makeContext({ auth: undefined, request: undefined, connection, signal, fail })
}

export function createCallee(served: ServedProcedures | undefined, options: ServedOptions): CalleeSide {
  if (served === undefined) return NOBODY
  const { link, codec, connection, context, now, onError, observer } = options
  return served['~createDispatcher'](served, {
    link,
    connection,
    context,
    auth: undefined,
    setting: {
      codec,
      observer,
      onError: ({ error }) => onError(error),
      // Tells errors apart in logs; nothing depends on it being unguessable.
      createErrorId: () => Math.random().toString(36).slice(2),
      now,
    },
  })
}

/** The session answers by itself that there is nothing. */
const NOBODY: CalleeSide = { onCalleeEffect() {}, onRoom() {}, onLost() {} }
