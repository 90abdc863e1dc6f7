export { type BackoffOptions, backoffDelayMs } from './backoff.ts'
export { type ClientSessionOptions, createClientSession } from './client-session.ts'
export type {
  CalleeEffect,
  CallerEffect,
  Effect,
  HandshakeEffect,
  LinkEffect,
  WireEffect,
} from './effect.ts'
export { NO_EFFECTS } from './effect.ts'
export { EARLY_REQUESTS } from './handshake.ts'
export { IdTable } from './id-table.ts'
export { type CreateIncomingTable, createIncomingRequests } from './incoming-requests.ts'
export {
  createReconnectPolicy,
  type DialReason,
  type LinkFailure,
  type LinkState,
  type LinkStatus,
  type ReconnectEffect,
  type ReconnectOptions,
  type ReconnectPolicy,
} from './reconnect.ts'
export { createServerSession, type ServerSessionOptions } from './server-session.ts'
export type {
  Admission,
  ClientMoves,
  OutgoingCall,
  OutgoingError,
  OutgoingListen,
  OutgoingOpen,
  Resumption,
  ServerDecisions,
  Session,
  SessionState,
  SessionStats,
} from './session.ts'
