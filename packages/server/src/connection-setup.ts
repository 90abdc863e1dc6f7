import type { ConnectionOptions, DispatcherSetting, Ending, KeyedRuns, ServedProcedures } from '@tautline/core/peer'
import type { AdmissionSetup } from './admission.ts'
import type { AllowanceSetup } from './allowance.ts'
import type { SocketCounter } from './connection-listener.ts'
import type { LimitName } from './limit-counts.ts'
import type { ErrorContext, ServerSettings } from './server-options.ts'
import type { SessionChange } from './session-event.ts'
import type { ResumableSession } from './session-registry.ts'
import type { Topics } from './topics.ts'

/** What all connections of a server share. */
export interface ConnectionSetup<C extends ResumableSession> extends AdmissionSetup<C> {
  readonly settings: ServerSettings
  readonly implementation: ServedProcedures
  readonly topics: Topics
  readonly keyedRuns: KeyedRuns
  readonly allowances: AllowanceSetup
  readonly linking: ConnectionOptions
  readonly dispatching: DispatcherSetting
  readonly listener: ServerConnectionListener<C>
}

/** What the server is told of each connection. Must not throw. */
export interface ServerConnectionListener<C> extends SocketCounter {
  /** The client is accepted; its first call has not run yet. */
  accepted(connection: C): void
  /** The session has changed, and is not over. */
  changed(connection: C, change: SessionChange): void
  /** A call has ended. */
  settled(): void
  /** It has hit a limit. */
  limited(connection: C, limit: LimitName): void
  /** The session is over. */
  lost(connection: C, ending: Ending): void
  /** The transport is gone as well, or carries another session from now on: the last word. */
  closed(connection: C): void
  error(error: unknown, context: ErrorContext): void
}
