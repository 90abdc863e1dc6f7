import { CloseCode } from '@tautline/core/protocol'
import type { ClientStatus } from './client-status.ts'

/**
 * What to tell the user of a client's line. A union by `kind`: in other words or another language, write them by `kind` and the
 * values that come with it.
 */
export type StatusDescription = SettledDescription | RetryingDescription | GaveUpDescription

export type StatusKind = StatusDescription['kind']

/** How much it matters. `none`: nothing needs to be shown. */
export type StatusTone = 'none' | 'info' | 'warning' | 'error'

interface DescriptionTexts {
  /** Some words, such as "Not connected". */
  readonly title: string
  /** One sentence, or empty. */
  readonly detail: string
  readonly tone: StatusTone
  /** Whether a button that calls `$.reconnect()` is of use. */
  readonly canRetry: boolean
}

interface SettledDescription extends DescriptionTexts {
  /**
   * `idle`: not asked for yet. `connecting`: no connection yet, an attempt is under way. `connected`. `session-lost`: connected
   * again, but what was under way before was lost. `reconnecting`: an attempt is under way. `offline`: waits for the network.
   * `sign-in`: the credentials were refused. `no-access`: they are good, and not enough. `outdated`: no version of the protocol
   * in common. `closed`: by `$.close()`.
   */
  readonly kind:
    | 'idle'
    | 'connecting'
    | 'connected'
    | 'session-lost'
    | 'reconnecting'
    | 'offline'
    | 'sign-in'
    | 'no-access'
    | 'outdated'
    | 'closed'
  readonly retryInMs: undefined
}

interface RetryingDescription extends DescriptionTexts {
  /** Waits for the next attempt. */
  readonly kind: 'retrying'
  /** Above 0. */
  readonly retryInMs: number
  /** The same to be counted down by people: rounded up, from 1. */
  readonly retryInSeconds: number
}

interface GaveUpDescription extends DescriptionTexts {
  /** The server ended it for good, or a limit of `reconnect` was reached. */
  readonly kind: 'gave-up'
  /** As in the status: of the server, or of this client. */
  readonly reason: string
  readonly retryInMs: undefined
}

export interface DescribeStatusOptions {
  /** In ms of the client's clock: `performance.now()`. */
  readonly now: number
  /** How long a lost session is told of after the line is back. In ms. @default 10,000 */
  readonly sessionLostForMs?: number | undefined
}

const DEFAULT_SESSION_LOST_FOR_MS = 10_000
const MINUTE_MS = 60_000
/** Longer pauses are told in minutes. */
const COUNTED_SECONDS = 90

type Texts = readonly [title: string, detail: string, tone: StatusTone, canRetry: boolean]

/** Literals all over, which bundlers leave out where nobody asks for them. */
const TEXTS: Readonly<Record<SettledDescription['kind'], Texts>> = {
  idle: ['Not connected', '', 'none', false],
  connecting: ['Connecting', '', 'info', false],
  connected: ['Connected', '', 'none', false],
  'session-lost': ['Connected again', 'What was under way when the connection broke may be lost.', 'warning', false],
  reconnecting: ['Not connected', 'Trying again now.', 'warning', false],
  offline: ['You are offline', 'Waiting for the network to come back.', 'warning', true],
  'sign-in': ['Please sign in', 'Your sign-in is missing or no longer valid.', 'error', false],
  'no-access': ['No access', 'You may not connect with this account or from here.', 'error', true],
  outdated: ['Update needed', 'This version does not fit the server. Reload or update.', 'error', false],
  closed: ['Connection closed', '', 'info', false],
}

/**
 * Says in plain English what a client's line is doing and what the user can do about it. Pure: for a countdown call it again
 * each second.
 */
export function describeStatus(status: ClientStatus, options: DescribeStatusOptions): StatusDescription {
  const { state, code, reason, resumed, since, nextAttemptAt } = status
  const { now, sessionLostForMs = DEFAULT_SESSION_LOST_FOR_MS } = options
  if (state === 'connected' && resumed === false && now - since < sessionLostForMs) return settled('session-lost')
  if (state === 'suspended') return describeEnd(code, reason)
  return nextAttemptAt !== undefined && nextAttemptAt > now ? retrying(nextAttemptAt - now) : settled(state)
}

function settled(kind: SettledDescription['kind']): SettledDescription {
  const [title, detail, tone, canRetry] = TEXTS[kind]
  return { kind, title, detail, tone, canRetry, retryInMs: undefined }
}

function describeEnd(code: number | undefined, reason: string): StatusDescription {
  if (code === CloseCode.Unauthorized) return settled('sign-in')
  if (code === CloseCode.Forbidden) return settled('no-access')
  if (code === CloseCode.UnsupportedVersion) return settled('outdated')
  const texts = { title: 'Not connected', detail: sentence(reason), tone: 'error', canRetry: true } as const
  return { kind: 'gave-up', ...texts, reason, retryInMs: undefined }
}

function retrying(retryInMs: number): RetryingDescription {
  const retryInSeconds = Math.ceil(retryInMs / 1000)
  const wait = retryInSeconds <= COUNTED_SECONDS ? `${retryInSeconds} s` : `${Math.ceil(retryInMs / MINUTE_MS)} min`
  const texts = { title: 'Not connected', detail: `Trying again in ${wait}.`, tone: 'warning', canRetry: true } as const
  return { kind: 'retrying', ...texts, retryInMs, retryInSeconds }
}

/** Reasons begin small and end open, to stand behind a colon. */
function sentence(reason: string): string {
  const text = reason.trim()
  if (text === '') return ''
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? '' : '.')
}
