import type { Heartbeat } from './heartbeat.ts'
import type { SessionState } from './session.ts'

/** Where a session stands, with what belongs to that alone. */
export type Phase =
  /** Client: the transport is not open. Server: HELLO has not come. */
  | { readonly name: 'opening'; readonly deadline: number | undefined }
  /** HELLO was sent or received; WELCOME was not. */
  | { readonly name: 'handshaking'; readonly deadline: number }
  /** `windowMs`: how long it would wait for another connection; 0 for not at all. */
  | { readonly name: 'open'; readonly heartbeat: Heartbeat; readonly windowMs: number }
  /** Without a connection, until one attaches or `deadline` passes. */
  | { readonly name: 'detached'; readonly deadline: number; readonly windowMs: number }
  /** `unsent`: unsettled ids of ours that certainly reached no handler, as any from `endedAtId` on. */
  | { readonly name: 'closed'; readonly unsent: ReadonlySet<number>; readonly endedAtId: number }

/** Which state may follow which. `open` follows itself when another connection takes over. */
export const SESSION_TRANSITIONS: Readonly<Record<SessionState, readonly SessionState[]>> = {
  opening: ['handshaking', 'closed'],
  handshaking: ['open', 'closed'],
  open: ['open', 'detached', 'closed'],
  detached: ['open', 'closed'],
  closed: [],
}

/** @throws where the table has no such transition */
export function follow(from: Phase, to: Phase): Phase {
  if (SESSION_TRANSITIONS[from.name].includes(to.name)) return to
  throw new Error(`Expected no transition from ${from.name} to ${to.name}`)
}
