import type { ContractTree } from '@tautline/core'
import type { ServerConnectionHandle } from './connection-handle.ts'
import type { LogFields } from './log.ts'

/** What happens to the session of one client. A session goes from `opened` over any number of `detached` and `resumed` to `ended`. */
export type SessionEvent<Ctx extends object = object, Calls extends ContractTree = ContractTree> = SessionChange & {
  readonly connection: ServerConnectionHandle<Ctx, Calls>
}

export type SessionChange =
  /** A client was accepted with a new session. */
  | {
      readonly type: 'opened'
      /** As the client says: `"start"`, `"retry"`, `"goaway"`, `"manual"`. */
      readonly why: string
      readonly transport: string
      /** Why the session it asked for does not go on, where it asked for one: `"unknown"`, `"superseded"`, `"auth"`. */
      readonly notResumed: string | undefined
    }
  /** Its connection was lost or left. Handlers run on, and it waits for another one. */
  | { readonly type: 'detached'; readonly code: number; readonly reason: string; readonly attachedMs: number }
  /** Another connection carries it now. */
  | {
      readonly type: 'resumed'
      readonly why: string
      readonly transport: string
      /** Time without a connection; 0 where it moved from one to the next. */
      readonly detachedMs: number
      /** Connections that it has had. */
      readonly gen: number
      /** Messages that had to be sent again. */
      readonly replayed: number
    }
  | { readonly type: 'ended'; readonly code: number; readonly reason: string; readonly livedMs: number }

/** One line for a log: words and `key=value` pairs. What comes from a peer is quoted. */
export function describeChange(change: SessionChange, id: string): string {
  const { type, ...details } = change
  const pairs = Object.entries(details).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${show(value)}`],
  )
  return [`session ${type}`, `id=${id}`, ...pairs].join(' ')
}

/** The same for machines. */
export function fieldsOfChange({ type, ...details }: SessionChange, id: string): LogFields {
  const fields: Record<string, string | number | undefined> = {}
  for (const [key, value] of Object.entries(details)) {
    fields[key] = typeof value === 'number' ? Math.round(value) : value
  }
  return { ...fields, event: `session.${type}`, connection: id }
}

function show(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value)) : JSON.stringify(value)
}
