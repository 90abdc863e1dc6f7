/**
 * What the application makes of the credentials that a client shows: with HELLO, and whenever they are renewed.
 *
 * Owns: how `context` is asked, and what becomes of a client that it does not take. Must not know: sessions, what follows.
 */
import type { ContractTree } from '@tautline/core'
import { ConnectionRefusal, type PackingCodec, refuseConnection, type ServedProcedures } from '@tautline/core/peer'
import type { CloseCode, Payload } from '@tautline/core/protocol'
import type { ClientStanding } from './client-standing.ts'
import type { ServerConnectionHandle } from './connection-handle.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import type { UpgradeRequest } from './socket.ts'

/** What all connections of a server share of it. */
export interface AuthenticationSetup {
  readonly implementation: Pick<ServedProcedures, '~makeContext'>
  readonly dispatching: { readonly codec: PackingCodec }
}

/** A connection, as far as this concerns it. */
export interface Applicant {
  readonly handle: ServerConnectionHandle<object, ContractTree>
  readonly request: UpgradeRequest
  readonly standing: ClientStanding
  /** Before WELCOME nothing of what came along has run, and the client knows. */
  refuse(refusal: Refusal): void
  close(code: CloseCode, reason: string, retry: boolean): void
  report(error: unknown): void
}

export interface ShownCredentials {
  readonly payload: Payload | undefined
  readonly by: Applicant
  /** Which they are for: the same, or the one whose session the client wants to go on with. */
  readonly session: Applicant
}

/** Makes the context, at once where the application does. What `use` throws refuses the client as well. */
export function authenticate(
  setup: AuthenticationSetup,
  shown: ShownCredentials,
  use: (context: object, auth: unknown) => void,
): void {
  const { payload, by } = shown
  try {
    const auth = payload === undefined ? undefined : decodeAuth(setup, payload)
    const context = askForContext(setup, auth, shown)
    if (context instanceof Promise) {
      context.then((made) => use(made, auth)).catch((error: unknown) => turnDown(by, error))
    } else {
      use(context, auth)
    }
  } catch (error) {
    turnDown(by, error)
  }
}

function askForContext(
  { implementation: { '~makeContext': makeContext } }: AuthenticationSetup,
  auth: unknown,
  { by, session }: ShownCredentials,
): object | Promise<object> {
  if (makeContext === undefined) return {}
  return makeContext(new ContextArguments(auth, by, session))
}

/** A class, since a getter of an object literal keeps what it sees until the next collection of the whole heap (V8). */
class ContextArguments {
  readonly auth: unknown
  readonly request: UpgradeRequest
  readonly connection: Applicant['handle']
  readonly fail = refuseConnection
  readonly #by: Applicant
  readonly #session: Applicant

  constructor(auth: unknown, by: Applicant, session: Applicant) {
    this.auth = auth
    this.request = by.request
    this.connection = session.handle
    this.#by = by
    this.#session = session
  }

  get signal(): AbortSignal {
    const own = this.#by.standing.signal
    return this.#session === this.#by ? own : AbortSignal.any([own, this.#session.standing.signal])
  }
}

function decodeAuth({ dispatching }: AuthenticationSetup, payload: Payload): unknown {
  try {
    return dispatching.codec.decode(payload)
  } catch (cause) {
    throw new ConnectionRefusal('UNAUTHORIZED', { message: 'The credentials cannot be read', cause })
  }
}

function turnDown(client: Applicant, error: unknown): void {
  // `context` was told that the connection is lost, and ended with that.
  if (client.standing.hasEndedWith(error)) return
  const refusal = refusalOf(error)
  if (!(error instanceof ConnectionRefusal)) client.report(error)
  if (client.standing.isGreeting) client.refuse(refusal)
  else client.close(refusal.code, refusal.reason, refusal.retry)
}
