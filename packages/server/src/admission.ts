/**
 * Who is let in, and to which session: a new one, or the one that the client had before.
 *
 * Owns: the decisions on HELLO and on fresh credentials. Must not know: frames, handlers, how a session moves.
 * Normative text: PROTOCOL.md, "Handshake" and "Resuming".
 */
import { ConnectionRefusal } from '@tautline/core/peer'
import { CloseCode, type Hello, type Payload } from '@tautline/core/protocol'
import type { Allowance } from './allowance.ts'
import { type Applicant, type AuthenticationSetup, authenticate } from './authentication.ts'
import type { Identity } from './client-standing.ts'
import type { Refusal } from './refusal.ts'
import type { ResumableSession, SessionRegistry } from './session-registry.ts'
import type { WelcomedSession } from './welcome.ts'

/** What all connections of a server share of it. */
export interface AdmissionSetup<S extends ResumableSession> extends AuthenticationSetup {
  readonly sessions: SessionRegistry<S>
  readonly principalOf: (context: object) => string | undefined
}

/** A client that says HELLO, with what the application made of it. */
export interface Guest {
  readonly hello: Hello
  readonly context: object
  readonly auth: unknown
  /** Why the session it asked for does not go on, where it asked for one. */
  readonly notResumed: WelcomedSession['reason']
}

/** A connection, as far as this concerns it: the one that a client has come with, or the one that has its session. */
export interface Admissible<S> extends Applicant, ResumableSession {
  readonly allowance: Allowance
  readonly identity: Identity
  accept(guest: Guest, principal: string | undefined): void
  /** From now on `session` has its socket. */
  moveTo(session: S, guest: Guest): void
  /** Whether its client can have received so much. */
  canContinueFrom(rx: number): boolean
  /** The same client, with what the application has made of it now. */
  renew(context: object, auth: unknown): void
  /** It asks for more than it may. */
  onOverrun(reason: string): void
}

/** Nothing is wrong with it: it may try again later, and has to. */
const TOO_MANY_CONNECTIONS = refusalFor(CloseCode.Throttled, 'Too many connections of this principal')
const TOO_MANY_MOVES = refusalFor(CloseCode.Throttled, 'This session moves too often')
const LATE = refusalFor(CloseCode.Superseded, 'This client has said HELLO again since')

function refusalFor(code: CloseCode, reason: string): Refusal {
  return { code, reason, retry: true }
}

/** The application decides about every HELLO; where it is about a session that is there, with that one's handle. */
export function decideOnHello<S extends Admissible<S>>(setup: AdmissionSetup<S>, arrival: S, hello: Hello): void {
  if (hello.standby || hello.sid === undefined) {
    decideOnNew(setup, arrival, { hello, notResumed: undefined })
    return
  }
  const found = setup.sessions.find(hello)
  switch (found.type) {
    case 'late':
      arrival.refuse(LATE)
      break
    case 'none':
      decideOnNew(setup, arrival, { hello, notResumed: found.reason })
      break
    case 'session':
      // Whoever has the right to it can still come too often.
      if (found.session.allowance.mayResume()) decideOnReturn(setup, arrival, { hello, session: found.session })
      else arrival.refuse(TOO_MANY_MOVES)
      break
  }
}

function decideOnNew<S extends Admissible<S>>(
  setup: AdmissionSetup<S>,
  arrival: S,
  { hello, notResumed }: Pick<Guest, 'hello' | 'notResumed'>,
): void {
  authenticate(setup, { payload: hello.auth, by: arrival, session: arrival }, (context, auth) => {
    if (!arrival.standing.isGreeting) return
    const principal = setup.principalOf(context)
    if (arrival.allowance.enter(principal)) arrival.accept({ hello, context, auth, notResumed }, principal)
    else arrival.refuse(TOO_MANY_CONNECTIONS)
  })
}

function decideOnReturn<S extends Admissible<S>>(
  setup: AdmissionSetup<S>,
  arrival: S,
  { hello, session }: { readonly hello: Hello; readonly session: S },
): void {
  authenticate(setup, { payload: hello.auth, by: arrival, session }, (context, auth) => {
    if (!arrival.standing.isGreeting) return
    // Things may have changed while the application decided.
    const found = setup.sessions.find(hello)
    // It had the right to it: by now a newer HELLO of the same client has, and has changed the token.
    const isLate = found.type === 'late' || (found.type === 'none' && found.reason === 'superseded')
    if (isLate) {
      arrival.refuse(LATE)
    } else if (found.type === 'none' || found.session !== session) {
      // With a context of its own: the one there is belongs to a session that is over.
      decideOnHello(setup, arrival, hello)
    } else if (setup.principalOf(context) !== session.identity.principal) {
      // With a context of its own, too: what it is told of the connection would be somebody else's.
      decideOnNew(setup, arrival, { hello, notResumed: 'auth' })
    } else if (!session.canContinueFrom(hello.rx)) {
      const reason = `Expected \`rx\` to be a number that this session can go on from, got ${hello.rx}`
      arrival.refuse(refusalFor(CloseCode.ProtocolError, reason))
    } else if (session.allowance.return()) {
      arrival.moveTo(session, { hello, context, auth, notResumed: undefined })
    } else {
      arrival.refuse(TOO_MANY_CONNECTIONS)
    }
  })
}

/** Fresh credentials of a client that is there already: no more than the same client may show them. */
export function decideOnRenewal<S extends Admissible<S>>(setup: AdmissionSetup<S>, client: S, payload: Payload): void {
  if (!client.allowance.mayRenew()) {
    client.onOverrun('Expected fresh credentials less often')
    return
  }
  authenticate(setup, { payload, by: client, session: client }, (context, auth) => {
    if (client.standing.dispatcher === undefined) return
    if (setup.principalOf(context) !== client.identity.principal) {
      throw new ConnectionRefusal('UNAUTHORIZED', { message: 'The credentials are those of somebody else' })
    }
    client.renew(context, auth)
  })
}
