import { createClient } from '@tautline/client'
import { query, router } from '@tautline/core'
import { createServer, implement, type ObservedServer, type ServerEvent } from '@tautline/server'
import * as v from 'valibot'
import { describe, expect, onTestFinished, test } from 'vitest'
import { serve } from '../node/serve.ts'
import { createPrometheus, type PrometheusMetrics } from './prometheus.ts'

/** A server that says what it is told to say. */
function observedServer(overrides: { readonly limited?: Record<string, number>; readonly ready?: boolean } = {}) {
  const { limited = {}, ready = true } = overrides
  const numbers = { connections: 1, sessions: 2, detached: 3, detachedBytes: 4, running: 5, outgoing: 6, topics: 7 }
  const server: ObservedServer = {
    // Whichever limits there are: metrics take them by the names they have.
    stats: () => ({ ...numbers, limited }) as ReturnType<ObservedServer['stats']>,
    traffic: () => ({ received: { messages: 10, bytes: 100 }, sent: { messages: 20, bytes: 200 } }),
    health: () => ({ state: ready ? 'ready' : 'leaving', ready }),
  }
  return server
}

function tell(metrics: PrometheusMetrics, ...events: readonly ServerEvent[]): void {
  for (const event of events) metrics.happened?.(event)
}

/** Samples alone, by the beginning of their names. */
function samplesOf(metrics: PrometheusMetrics, name: string): string[] {
  return metrics
    .expose()
    .split('\n')
    .filter((line) => line.startsWith(name))
}

const call: Extract<ServerEvent, { readonly type: 'call-ended' }> = {
  type: 'call-ended',
  side: 'arrived',
  path: 'todo.get',
  kind: 'query',
  code: 'OK',
  durationMs: 2,
}

describe('counts', () => {
  test('calls by what came of them, and sorts how long they took into buckets', () => {
    const metrics = createPrometheus({ buckets: [0.001, 0.002, 1] })
    tell(metrics, call, { ...call, durationMs: 2.001 }, { ...call, code: 'NOT_FOUND', durationMs: 5000 })
    expect(samplesOf(metrics, 'tautline_call').slice(0, 8)).toEqual([
      'tautline_calls_total{side="arrived",procedure="todo.get",kind="query",code="OK"} 2',
      'tautline_calls_total{side="arrived",procedure="todo.get",kind="query",code="NOT_FOUND"} 1',
      'tautline_call_duration_seconds_bucket{side="arrived",procedure="todo.get",kind="query",le="0.001"} 0',
      'tautline_call_duration_seconds_bucket{side="arrived",procedure="todo.get",kind="query",le="0.002"} 1',
      'tautline_call_duration_seconds_bucket{side="arrived",procedure="todo.get",kind="query",le="1.0"} 2',
      'tautline_call_duration_seconds_bucket{side="arrived",procedure="todo.get",kind="query",le="+Inf"} 3',
      'tautline_call_duration_seconds_sum{side="arrived",procedure="todo.get",kind="query"} 5.004001',
      'tautline_call_duration_seconds_count{side="arrived",procedure="todo.get",kind="query"} 3',
    ])
  })

  test('connections, refusals, sessions and events', () => {
    const metrics = createPrometheus()
    tell(
      metrics,
      { type: 'connection-opened', transport: 'websocket' },
      { type: 'connection-closed', transport: 'websocket', code: 1006, livedMs: 1 },
      { type: 'connection-closed', transport: 'long-poll', code: 'other', livedMs: 1 },
      { type: 'upgrade-refused', status: 403, why: 'origin' },
      { type: 'session-changed', change: 'opened' },
      { type: 'published', path: 'news', receivers: 3 },
      { type: 'published', path: 'news', receivers: 0 },
    )
    const lines = metrics.expose().split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'tautline_connections_opened_total{transport="websocket"} 1',
        'tautline_connections_closed_total{transport="websocket",code="1006"} 1',
        'tautline_connections_closed_total{transport="long-poll",code="other"} 1',
        'tautline_upgrades_refused_total{status="403",why="origin"} 1',
        'tautline_session_changes_total{change="opened"} 1',
        'tautline_events_published_total{event="news"} 2',
        'tautline_events_receivers_total{event="news"} 3',
      ]),
    )
  })

  test('what servers know of themselves, all together', () => {
    const metrics = createPrometheus()
    metrics.attached?.(observedServer({ limited: { calls: 2, helloBytes: 1 } }))
    metrics.attached?.(observedServer({ limited: { calls: 5 } }))
    const lines = metrics.expose().split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'tautline_connections 2',
        'tautline_sessions 4',
        'tautline_sessions_detached 6',
        'tautline_sessions_detached_bytes 8',
        'tautline_calls_running 10',
        'tautline_calls_to_clients 12',
        'tautline_topics 14',
        'tautline_ready 1',
        'tautline_received_messages_total 20',
        'tautline_received_bytes_total 200',
        'tautline_sent_messages_total 40',
        'tautline_sent_bytes_total 400',
        'tautline_limits_reached_total{limit="calls"} 7',
        'tautline_limits_reached_total{limit="helloBytes"} 1',
      ]),
    )
    metrics.attached?.(observedServer({ ready: false }))
    expect(samplesOf(metrics, 'tautline_ready')).toEqual(['tautline_ready 0'])
  })
})

test('has a prefix and labels of its own', () => {
  const metrics = createPrometheus({ prefix: 'app:', labels: { role: 'edge', az: 'a"b' } })
  tell(metrics, { type: 'session-changed', change: 'opened' })
  expect(samplesOf(metrics, 'app:session_changes')).toEqual([
    String.raw`app:session_changes_total{role="edge",az="a\"b",change="opened"} 1`,
  ])
})

test.each([
  [{ prefix: '1st' }, 'Expected `prefix` to be the beginning'],
  [{ labels: { 'a-b': 'x' } }, 'got `a-b`'],
  [{ labels: { __name: 'x' } }, 'got `__name`'],
  [{ labels: { code: 'x' } }, 'got `code`'],
  [{ buckets: [] }, 'Expected `buckets`'],
  [{ buckets: [1, 1] }, 'got `1, 1`'],
  [{ buckets: [0, 1] }, 'got `0, 1`'],
  [{ buckets: [1, Number.POSITIVE_INFINITY] }, 'got `1, Infinity`'],
])('does not take %o', (options, message) => {
  expect(() => createPrometheus(options)).toThrow(message)
})

test.each([
  [undefined, 'text/plain; version=0.0.4; charset=utf-8'],
  ['text/plain;version=0.0.4;q=0.5,application/openmetrics-text', 'text/plain; version=0.0.4; charset=utf-8'],
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1',
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  ],
])('answers a scrape that accepts %s', async (accept, type) => {
  const request = new Request('http://server.example/metrics', accept === undefined ? {} : { headers: { accept } })
  const response = createPrometheus().respond(request)
  expect(response.headers.get('content-type')).toBe(type)
  expect((await response.text()).endsWith('# EOF\n')).toBe(type.startsWith('application/openmetrics-text'))
})

test('counts a server at work, and its clients cannot make up series', async () => {
  const metrics = createPrometheus()
  const api = router({ echo: query({ input: v.string(), output: v.string() }) })
  const server = createServer(implement(api).handlers({ echo: ({ input }) => input }), { observers: [metrics] })
  const serving = await serve(server, {
    port: 0,
    host: '127.0.0.1',
    fetch: (request) => metrics.respond(request),
  })
  onTestFinished(() => serving.close())
  const client = createClient(api, { url: serving.url })
  expect(await client.echo('x')).toBe('x')
  const newer = router({ made: { up: query() }, echo: api.echo })
  const stranger = createClient(newer, { url: serving.url })
  await expect(stranger.made.up()).rejects.toMatchObject({ code: 'UNKNOWN_PROCEDURE' })
  const scraped = await fetch(serving.url.replace('ws:', 'http:'))
  const text = await scraped.text()
  expect(text).toContain('tautline_calls_total{side="arrived",procedure="echo",kind="query",code="OK"} 1\n')
  expect(text).toContain('procedure="(unknown)",kind="query",code="UNKNOWN_PROCEDURE"} 1\n')
  expect(text).not.toContain('made.up')
  expect(text).toContain('tautline_connections 2\n')
  expect(text).toMatch(/^tautline_received_bytes_total [1-9]/m)
  await Promise.all([client.$.close(), stranger.$.close()])
})
