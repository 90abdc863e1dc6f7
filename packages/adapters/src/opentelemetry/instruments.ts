/**
 * Metrics as OpenTelemetry instruments.
 *
 * Owns: their names and attributes; those of calls by the semantic conventions for RPC (1.45). As with Prometheus no peer can
 * make up a value of an attribute.
 */
import type { Histogram, Meter, Observable } from '@opentelemetry/api'
import { type ObservedCall, outcomeOf } from '@tautline/core/peer'
import type { ObservedServer, ServerEvent } from '@tautline/server'
import { CALL_SECONDS, levelsOf, limitsOf, sumTraffic } from '../server-readings.ts'
import { attributesOf } from './spans.ts'

export interface Instruments {
  /** @returns to be called at its end */
  made(call: ObservedCall): (error: unknown) => void
  arrived(call: ObservedCall): (code: string) => void
  happened(event: ServerEvent): void
  attached(server: ObservedServer): void
}

export function createInstruments(meter: Meter): Instruments {
  const client = durationsOf(meter, 'rpc.client.call.duration', 'Duration of calls that were made.')
  const server = durationsOf(meter, 'rpc.server.call.duration', 'Duration of calls that were answered.')
  const opened = meter.createCounter('tautline.connections.opened', { unit: '{connection}' })
  const closed = meter.createCounter('tautline.connections.closed', { unit: '{connection}' })
  const refused = meter.createCounter('tautline.upgrades.refused', { unit: '{request}' })
  const published = meter.createCounter('tautline.events.published', { unit: '{event}' })
  const delivered = meter.createCounter('tautline.events.receivers', { unit: '{client}' })
  const sessions = meter.createCounter('tautline.sessions.changes', { unit: '{change}' })
  let servers: readonly ObservedServer[] = []

  return {
    made: (call) => {
      const end = startWatch(client, call)
      return (error) => end(outcomeOf(error))
    },
    arrived: (call) => startWatch(server, call),
    happened(event) {
      switch (event.type) {
        case 'connection-opened':
          opened.add(1, { 'tautline.transport': event.transport })
          break
        case 'connection-closed':
          closed.add(1, { 'tautline.transport': event.transport, 'tautline.close.code': String(event.code) })
          break
        case 'upgrade-refused':
          refused.add(1, { 'http.response.status_code': event.status, 'tautline.refused.why': event.why })
          break
        case 'published': {
          const attributes = { 'tautline.event': event.path }
          published.add(1, attributes)
          delivered.add(event.receivers, attributes)
          break
        }
        case 'session-changed':
          sessions.add(1, { 'tautline.session.change': event.change })
          break
        case 'call-ended':
          // By `made` and `arrived`, which clients have as well.
          break
      }
    },
    attached(added) {
      servers = [...servers, added]
      // Asked for all of them together, from the first on.
      if (servers.length === 1) observeReadings(meter, () => servers)
    },
  }
}

function durationsOf(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, {
    unit: 's',
    description,
    advice: { explicitBucketBoundaries: [...CALL_SECONDS] },
  })
}

function startWatch(histogram: Histogram, call: ObservedCall): (code: string) => void {
  const begunAt = performance.now()
  return (code) => {
    const failure = code === 'OK' ? {} : { 'error.type': code }
    const attributes = { ...attributesOf(call), 'rpc.response.status_code': code, ...failure }
    histogram.record((performance.now() - begunAt) / 1000, attributes)
  }
}

/** In one callback for all of them, so that servers are asked once each time. */
function observeReadings(meter: Meter, servers: () => readonly ObservedServer[]): void {
  const levels = levelsOf(servers()).map(({ name, help }) =>
    meter.createObservableUpDownCounter(`tautline.${name}`, { description: help }),
  )
  const sums = sumTraffic(servers()).map(({ name, help }) =>
    meter.createObservableCounter(`tautline.${name}`, {
      description: help,
      unit: name.endsWith('bytes') ? 'By' : '{message}',
    }),
  )
  const limits = meter.createObservableCounter('tautline.limits_reached', {
    description: 'How often each limit was reached.',
  })
  meter.addBatchObservableCallback(
    (result) => {
      for (const [place, { value }] of levelsOf(servers()).entries()) observe(levels[place], value)
      for (const [place, { value }] of sumTraffic(servers()).entries()) observe(sums[place], value)
      for (const [limit, times] of Object.entries(limitsOf(servers()))) {
        result.observe(limits, times, { 'tautline.limit': limit })
      }
      function observe(instrument: Observable | undefined, value: number): void {
        if (instrument !== undefined) result.observe(instrument, value)
      }
    },
    [...levels, ...sums, limits],
  )
}
