import type { ProcedureEntry } from '../contract/procedure-types.ts'
import { type Invocation, runHandler } from './handler-run.ts'
import type { BoundHandler } from './implementation.ts'
import type { KeyedRuns } from './keyed-runs.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { refusal } from './public-error.ts'

/** What a dispatcher needs to honour idempotency keys. */
export interface KeyedCalls {
  /** Shared by all connections. */
  readonly runs: KeyedRuns
  /** Whose keys those of this connection are; `undefined` where the application does not say. */
  readonly principal: string | undefined
}

export interface CallSetting {
  readonly keyed: KeyedCalls | undefined
  /** Takes what a caller is not told, and gives it an id. */
  report(entry: ProcedureEntry, error: unknown): string
}

/** As `runHandler`; a mutation with an idempotency key runs at most once. */
export function runCall(bound: BoundHandler, call: Invocation, setting: CallSetting): MaybePromise<unknown> {
  const key = bound.entry.kind === 'mutation' ? call.meta['key'] : undefined
  if (key === undefined) return runHandler(bound, call)
  // To run it as one without a key could be to run it twice.
  const { keyed } = setting
  if (keyed === undefined) throw refusal(bound.entry, 'UNKNOWN_PROCEDURE', 'Nothing here takes an idempotency key')
  const { runs, principal } = keyed
  return runs.run(bound, call, { key, principal, report: (error) => setting.report(bound.entry, error) })
}
