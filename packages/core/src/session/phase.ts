import type { Heartbeat } from './heartbeat.ts'
import type { SessionState } from './session.ts'

/** Where a session stands, with what belongs to that alone. */
export type Phase =
  /** Client: the transport is not open. Server: HELLO has not come. */
  | { readonly name: 'opening'; readonly deadline: number | undefined }
  /** HELLO was sent or received; WELCOME was not. */
  | { readonly name: 'handshaking'; readonly deadline: number }
  | { readonly name: 'open'; readonly heartbeat: Heartbeat }
  /** `unsent`: unsettled ids of ours that certainly reached no handler, as any from `endedAtId` on. */
  | { readonly name: 'closed'; readonly unsent: ReadonlySet<number>; readonly endedAtId: number }

/** Which state may follow which. */
export const SESSION_TRANSITIONS: Readonly<Record<SessionState, readonly SessionState[]>> = {
  opening: ['handshaking', 'closed'],
  handshaking: ['open', 'closed'],
  open: ['closed'],
  closed: [],
}

/** @throws where the table has no such transition */
export function follow(from: Phase, to: Phase): Phase {
  if (SESSION_TRANSITIONS[from.name].includes(to.name)) return to
  throw new Error(`Expected no transition from ${from.name} to ${to.name}`)
}
