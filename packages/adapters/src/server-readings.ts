/** What metrics of every kind read from servers when they are asked for. */
import type { ObservedServer } from '@tautline/server'

/** Bounds of the buckets that durations of calls are sorted into, in seconds. */
export const CALL_SECONDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** One number, of all servers together. */
export interface Reading {
  readonly name: string
  readonly help: string
  readonly value: number
}

type Level = keyof Pick<
  ReturnType<ObservedServer['stats']>,
  'connections' | 'sessions' | 'detached' | 'detachedBytes' | 'running' | 'outgoing' | 'topics'
>

const LEVELS: Readonly<Record<Level, readonly [name: string, help: string]>> = {
  connections: ['connections', 'Sockets that are open.'],
  sessions: ['sessions', 'Clients that were accepted and may come back.'],
  detached: ['sessions_detached', 'Sessions that wait for their client.'],
  detachedBytes: ['sessions_detached_bytes', 'Bytes that are kept for clients that are away.'],
  running: ['calls_running', 'Calls, streams and listenings of clients that run.'],
  outgoing: ['calls_to_clients', 'Calls and streams that clients have not answered.'],
  topics: ['topics', 'Topics that somebody listens to.'],
}

/** What goes up and down. */
export function levelsOf(servers: readonly ObservedServer[]): Reading[] {
  const stats = servers.map((server) => server.stats())
  const levels = (Object.keys(LEVELS) as Level[]).map((level): Reading => {
    const [name, help] = LEVELS[level]
    return { name, help, value: stats.reduce((sum, each) => sum + each[level], 0) }
  })
  const isReady = servers.every((server) => server.health().ready)
  return [...levels, { name: 'ready', help: 'Whether clients should be sent here.', value: isReady ? 1 : 0 }]
}

/** What only grows. */
export function sumTraffic(servers: readonly ObservedServer[]): Reading[] {
  const traffic = servers.map((server) => server.traffic())
  return (['received', 'sent'] as const).flatMap((direction) => {
    const sum = (what: 'messages' | 'bytes'): number => traffic.reduce((all, each) => all + each[direction][what], 0)
    return [
      { name: `${direction}_messages`, help: `Messages that were ${direction}.`, value: sum('messages') },
      { name: `${direction}_bytes`, help: `Bytes of messages that were ${direction}.`, value: sum('bytes') },
    ]
  })
}

/** How often each limit was reached, by its name. */
export function limitsOf(servers: readonly ObservedServer[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const server of servers) {
    const { limited = {} } = server.stats() as { readonly limited?: Readonly<Record<string, number>> }
    for (const [limit, times] of Object.entries(limited)) sums[limit] = (sums[limit] ?? 0) + times
  }
  return sums
}
