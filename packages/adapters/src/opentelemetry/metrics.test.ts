import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { createClient } from '@tautline/client'
import { query, router } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import * as v from 'valibot'
import { expect, onTestFinished, test } from 'vitest'
import { serve } from '../node/serve.ts'
import { createOpenTelemetry } from './opentelemetry.ts'

function createMeters() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  // Far behind the end of the test: read by hand.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => meterProvider.shutdown())
  return {
    telemetry: createOpenTelemetry({ meterProvider }),
    /** Each data point as its attributes and its value, a histogram's as how many there were, by the name of its instrument. */
    async read() {
      await reader.forceFlush()
      const all =
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
      return new Map(
        all.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => ({
            ...attributes,
            value: typeof value === 'number' ? value : value.count,
          })),
        ]),
      )
    },
  }
}

const api = router({ echo: query({ input: v.string(), output: v.string(), errors: { EMPTY: null } }) })

test('calls at both ends, connections and traffic are instruments', async () => {
  const meters = { client: createMeters(), server: createMeters() }
  const handlers = implement(api).handlers({ echo: ({ input, fail }) => (input === '' ? fail('EMPTY') : input) })
  const server = createServer(handlers, { observers: [meters.server.telemetry], log: false })
  const serving = await serve(server, { port: 0, host: '127.0.0.1' })
  onTestFinished(() => serving.close())
  const client = createClient(api, { url: serving.url, observer: meters.client.telemetry })
  await client.echo('x')
  await client.echo('y')
  await expect(client.echo('')).rejects.toMatchObject({ code: 'EMPTY' })
  const call = { 'rpc.system.name': 'tautline', 'rpc.method': 'echo', 'tautline.kind': 'query' }
  const durations = [
    { ...call, 'rpc.response.status_code': 'OK', value: 2 },
    { ...call, 'rpc.response.status_code': 'EMPTY', 'error.type': 'EMPTY', value: 1 },
  ]
  const atClient = await meters.client.read()
  expect([...atClient.keys()]).toEqual(['rpc.client.call.duration'])
  expect(atClient.get('rpc.client.call.duration')).toEqual(durations)
  const atServer = await meters.server.read()
  expect(atServer.get('rpc.server.call.duration')).toEqual(durations)
  expect(atServer.get('tautline.connections')).toEqual([{ value: 1 }])
  expect(atServer.get('tautline.sessions')).toEqual([{ value: 1 }])
  expect(atServer.get('tautline.ready')).toEqual([{ value: 1 }])
  expect(atServer.get('tautline.connections.opened')).toEqual([{ 'tautline.transport': 'websocket', value: 1 }])
  const { received, sent } = server.traffic()
  expect(atServer.get('tautline.received_messages')).toEqual([{ value: received.messages }])
  expect(atServer.get('tautline.sent_bytes')).toEqual([{ value: sent.bytes }])

  await client.$.close()
  await expect.poll(() => server.stats().connections).toBe(0)
  const after = await meters.server.read()
  expect(after.get('tautline.connections')).toEqual([{ value: 0 }])
  expect(after.get('tautline.sessions.changes')).toEqual([
    { 'tautline.session.change': 'opened', value: 1 },
    { 'tautline.session.change': 'ended', value: 1 },
  ])
  expect(after.get('tautline.connections.closed')).toEqual([
    { 'tautline.transport': 'websocket', 'tautline.close.code': '1000', value: 1 },
  ])
})
