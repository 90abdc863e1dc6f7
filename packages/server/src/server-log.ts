/**
 * What a server writes of what happens to it.
 *
 * Owns: which events are worth a line, and what each line says; docs/operations.md lists them. Must not know: hooks, metrics.
 */
import type { Clock } from '@tautline/core/io'
import type { Ending } from '@tautline/core/peer'
import { CloseCode } from '@tautline/core/protocol'
import { type LimitName, needsLine } from './limit-counts.ts'
import { describeThrown, type Log, quote } from './log.ts'
import { LogBudget } from './log-budget.ts'
import type { ErrorContext } from './server-options.ts'
import { describeChange, fieldsOfChange, type SessionChange } from './session-event.ts'

/** A connection, as a line names it. */
export interface LoggedConnection {
  readonly id: string
  readonly request: { readonly remoteAddress: string | undefined }
}

export class ServerLog {
  /** Of what clients can bring about as often as they like. */
  readonly lines: LogBudget
  readonly #log: Log

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.lines = new LogBudget(log, clock)
  }

  error(error: unknown, { id, procedure, connection }: ErrorContext): void {
    const where = [
      procedure === undefined ? undefined : `procedure ${procedure}`,
      connection === undefined ? undefined : `connection ${connection}`,
      id === undefined ? undefined : `error id ${id}`,
    ].filter((part) => part !== undefined)
    const stack = describeThrown(error)
    const fields = { event: 'error', errorId: id, procedure, connection, stack }
    this.#log.error(`${where.join(', ')}: ${stack}`, fields)
  }

  /** Clients that come and go in good order are no news. */
  session(change: SessionChange, { id }: LoggedConnection): void {
    if (!isNews(change)) return
    this.lines.info(`session ${change.type}`, () => ({
      message: describeChange(change, id),
      fields: fieldsOfChange(change, id),
    }))
  }

  /** Refusals and violations; an end in good order, or one that the peer or the network made, is no news. */
  ending({ origin, code, reason }: Ending, connection: LoggedConnection): void {
    if (origin !== 'local' || code === CloseCode.Normal || code === CloseCode.Unavailable) return
    this.lines.warn(`Connection closed with ${code}`, () => ({
      message: `${nameOf(connection)} closed with ${code}: ${quote(reason)}`,
      fields: { event: 'connection.closed', ...placeOf(connection), code, reason },
    }))
  }

  limited(limit: LimitName, connection: LoggedConnection | undefined): void {
    if (!needsLine(limit)) return
    this.lines.warn(`Limit \`${limit}\``, () => ({
      message: `${connection === undefined ? 'Sessions' : nameOf(connection)} hit the limit \`${limit}\``,
      fields: { event: 'limit.hit', limit, ...(connection && placeOf(connection)) },
    }))
  }

  /** Says what was left out until now. */
  close(): void {
    this.lines.close()
  }
}

function isNews(change: SessionChange): boolean {
  if (change.type === 'ended') return false
  return change.type !== 'opened' || change.notResumed !== undefined
}

function nameOf({ id, request }: LoggedConnection): string {
  return `Connection ${id} (${request.remoteAddress ?? 'unknown address'})`
}

function placeOf({ id, request }: LoggedConnection): {
  readonly connection: string
  readonly address: string | undefined
} {
  return { connection: id, address: request.remoteAddress }
}
