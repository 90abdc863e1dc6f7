/**
 * The seam to telemetry: what a server tells of everything that happens to it. Where nobody listens, nothing is made to be told.
 *
 * Owns: who is told, and that one which fails costs nobody anything. Must not know: metrics, traces.
 */

import { type ArrivedCall, type CallObserver, type MadeCall, outcomeOf, runQuietly } from '@tautline/core/peer'
import { CloseCode } from '@tautline/core/protocol'
import type { ServerHealth, ServerStats, ServerTraffic } from './server-types.ts'
import type { SessionChange } from './session-event.ts'
import type { RefusalReason } from './upgrade-gate.ts'

/** Nothing in it is a peer's own word, so that each member but durations takes few values: they may be labels of metrics. */
export type ServerEvent =
  /** The HTTP request of a connection was refused. */
  | { readonly type: 'upgrade-refused'; readonly status: number; readonly why: RefusalReason }
  | { readonly type: 'connection-opened'; readonly transport: string }
  /** With the close code of the socket, where it is one that RFC 6455 or Tautline knows. */
  | {
      readonly type: 'connection-closed'
      readonly transport: string
      readonly code: number | 'other'
      readonly livedMs: number
    }
  /** An event was published: also one that nobody listens to. */
  | { readonly type: 'published'; readonly path: string; readonly receivers: number }
  | { readonly type: 'session-changed'; readonly change: SessionChange['type'] }
  | {
      readonly type: 'call-ended'
      /** `arrived`: a client's, answered here. `made`: this server's, to a client. */
      readonly side: 'arrived' | 'made'
      /** Of the procedure; `"(unknown)"` for one that is in no contract. */
      readonly path: string
      readonly kind: string
      /** `"OK"`, or the code of its error: built in, or declared by the contract. */
      readonly code: string
      readonly durationMs: number
    }

/** A server, as those who observe it may ask. */
export interface ObservedServer {
  stats(): ServerStats
  traffic(): ServerTraffic
  health(): ServerHealth
}

export interface ServerObserver extends CallObserver {
  /** Told once, by `createServer`. */
  attached?(server: ObservedServer): void
  happened?(event: ServerEvent): void
}

export interface ObserverGroup {
  /** `undefined` where nobody wants to know of calls. */
  readonly calls: CallObserver | undefined
  attached(server: ObservedServer): void
  happened(event: ServerEvent): void
}

export interface ObserverGroupOptions {
  readonly now: () => number
  /** Takes what observers throw. */
  readonly report: (error: unknown) => void
}

/** From 1000 to 1015 by RFC 6455, and ours. A peer may close with thousands of others. */
const KNOWN_CODES: ReadonlySet<number> = new Set([
  ...Array.from({ length: 16 }, (_, place) => 1000 + place),
  ...Object.values(CloseCode),
])

export function knownCode(code: number): number | 'other' {
  return KNOWN_CODES.has(code) ? code : 'other'
}

const NOBODY: ObserverGroup = { calls: undefined, attached() {}, happened() {} }

export function createObserverGroup(
  observers: readonly ServerObserver[],
  { now, report }: ObserverGroupOptions,
): ObserverGroup {
  if (observers.length === 0) return NOBODY
  const tell = (task: (observer: ServerObserver) => void): void => {
    for (const observer of observers) runQuietly(() => task(observer), report)
  }
  const ask = <Answer>(question: (observer: ServerObserver) => Answer | undefined): Answer[] => {
    const answers: Answer[] = []
    tell((observer) => {
      const answer = question(observer)
      if (answer !== undefined) answers.push(answer)
    })
    return answers
  }
  const happened = (event: ServerEvent): void => tell((observer) => observer.happened?.(event))

  const made: CallObserver['made'] = (call) => {
    const begunAt = now()
    const told = ask((observer) => observer.made?.(call))
    return {
      meta: metaOf(told),
      passed: (event) => {
        for (const one of told) runQuietly(() => one.passed?.(event), report)
      },
      ended(error) {
        for (const one of told) runQuietly(() => one.ended(error), report)
        const { path, kind } = call
        happened({ type: 'call-ended', side: 'made', path, kind, code: outcomeOf(error), durationMs: now() - begunAt })
      },
    }
  }

  const arrived: CallObserver['arrived'] = (call) => {
    const begunAt = now()
    const told = ask((observer) => observer.arrived?.(call))
    return {
      within: withinAll(told),
      ended(code) {
        for (const one of told) runQuietly(() => one.ended(code), report)
        const { path, kind } = call
        happened({ type: 'call-ended', side: 'arrived', path, kind, code, durationMs: now() - begunAt })
      },
    }
  }

  const wantsCalls = observers.some(
    (observer) => observer.made !== undefined || observer.arrived !== undefined || observer.happened !== undefined,
  )
  return {
    calls: wantsCalls ? { made, arrived } : undefined,
    attached: (server) => tell((observer) => observer.attached?.(server)),
    happened,
  }
}

function metaOf(told: readonly MadeCall[]): MadeCall['meta'] {
  const entries = told.flatMap(({ meta }) => Object.entries(meta ?? {}))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

type Within = NonNullable<ArrivedCall['within']>

/** One inside the other. What the handler itself throws passes through. */
function withinAll(told: readonly ArrivedCall[]): Within | undefined {
  const wrapping: Within[] = []
  for (const { within } of told) if (within !== undefined) wrapping.push(within)
  if (wrapping.length === 0) return undefined
  return <T>(task: () => T): T => wrapping.reduceRight<() => T>((inner, within) => () => within(inner), task)()
}
