import type { ClientStatus } from '@tautline/client'
import { formatTransport } from './format.ts'

/** One line of the log: what the line does now and why, when it goes on, and how long it did what it did before. */
export function describeChange(before: ClientStatus, after: ClientStatus, now: number): string {
  const { state, reason, code, attempt, nextAttemptAt, transport } = after
  const details = [
    ...(code === undefined || reason.includes(String(code)) ? [] : [`code ${String(code)}`]),
    ...(attempt > 1 ? [`attempt ${String(attempt)}`] : []),
    ...(nextAttemptAt === undefined ? [] : [`next one in ${formatSeconds(nextAttemptAt - now)}`]),
    ...(transport === undefined || transport === before.transport ? [] : [`by ${formatTransport(transport)}`]),
    ...(state === before.state ? [] : [`${before.state} for ${formatSeconds(now - before.since)}`]),
  ]
  return [`${state}: ${reason}`, ...details].join(', ')
}

function formatSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}
