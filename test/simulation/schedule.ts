/** A schedule is data, so that it can be repeated, shrunk and told. All times are in ms of the world's clock. */
import type { PageSignal } from '@tautline/client'
import type { CallKind } from './simulated-api.ts'
import type { Wakening } from './simulated-process.ts'

export interface Schedule {
  /** Of the network, of tokens and of reconnecting: a schedule that is shrunk keeps it. */
  readonly seed: number
  readonly setup: Setup
  readonly steps: readonly Step[]
}

/** What does not change while a schedule runs. */
export interface Setup {
  readonly clients: number
  readonly latencyMs: number
  readonly jitterMs: number
  /** Of each client: a second one is the fallback of the first. */
  readonly transports: 1 | 2
  readonly compression: 'off' | 'on'
  readonly idleMs: number
  /** How long, and with how much, servers keep sessions. */
  readonly windowMs: number
  readonly windowBytes: number
  readonly windowFrames: number
  readonly maxDetached: number
  readonly maxDetachedBytes: number
  readonly backlogBytes: number
  /** Calls and streams at the same time, and the items of a stream ahead of its reader. */
  readonly places: number
  readonly streamItems: number
  readonly queuedCalls: number
  readonly maxPauseMs: number
}

export type Direction = 'up' | 'down' | 'both'

/** `server` is the one that new connections come to. */
export type Who = number | 'server'

export type Step = { readonly at: number } & (ApplicationStep | FaultStep)

export type ApplicationStep =
  | ({ readonly type: 'call'; readonly kind: CallKind; readonly waitMs: number; readonly bytes: number } & Ask)
  | ({ readonly type: 'count' | 'live'; readonly to: number; readonly bytes: number } & Pace & Ask)
  | ({ readonly type: 'sum'; readonly to: number; readonly bytes: number } & Pace & Ask)
  | { readonly type: 'listen'; readonly client: number; readonly topic: number; readonly forMs: number | undefined }
  | { readonly type: 'publish'; readonly topic: number; readonly times: number; readonly bytes: number }
  | {
      readonly type: 'confirm'
      readonly client: number
      readonly n: number
      readonly waitMs: number
      readonly timeoutMs: number | undefined
    }
  | { readonly type: 'reconnect' | 'refresh' | 'close'; readonly client: number }
  | { readonly type: 'signal'; readonly client: number; readonly signal: PageSignal }

/** Something that a client wants: `n` is its number. */
interface Ask {
  readonly client: number
  readonly n: number
  readonly timeoutMs: number | undefined
  readonly cancelAfterMs: number | undefined
}

/** How fast items are made, and how fast they are read. */
interface Pace {
  readonly everyMs: number
  readonly readMs: number
  readonly onGap: 'restart' | 'fail'
}

export type FaultStep =
  | { readonly type: 'cut'; readonly client: number }
  | { readonly type: 'silence'; readonly client: number; readonly direction: Direction }
  | { readonly type: 'pause'; readonly client: number; readonly direction: Direction; readonly forMs: number }
  | { readonly type: 'slow'; readonly client: number; readonly direction: Direction; readonly bytesPerMs: number }
  | ({ readonly type: 'break'; readonly client: number; readonly when: 'now' | 'next link' } & Break)
  | {
      readonly type: 'unreachable'
      readonly client: number
      readonly transport: number
      readonly how: 'refused' | 'silent'
      readonly forMs: number
    }
  /** The application takes so long to decide about each HELLO. */
  | { readonly type: 'decide'; readonly ms: number; readonly forMs: number }
  | { readonly type: 'ban'; readonly client: number; readonly forMs: number }
  | { readonly type: 'restart'; readonly downMs: number; readonly how: 'cut' | 'silent' }
  | { readonly type: 'drain'; readonly drainMs: number }
  | { readonly type: 'sleep'; readonly who: Who; readonly ms: number; readonly wakening: Wakening }
  | { readonly type: 'throttle'; readonly client: number; readonly forMs: number }
  | { readonly type: 'jump'; readonly who: Who; readonly ms: number }

/** A link breaks instead of carrying the message after so many more, or within so many more bytes. */
export interface Break {
  readonly direction: 'up' | 'down'
  readonly unit: 'messages' | 'bytes'
  readonly after: number
}

/** One line of a story. */
export function describeStep(step: Step): string {
  const words = Object.entries(step).flatMap(([key, value]) =>
    key === 'at' || key === 'type' || value === undefined ? [] : [`${key}=${value}`],
  )
  return [step.type, ...words].join(' ')
}
