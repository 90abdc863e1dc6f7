import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createClient } from '@tautline/client'
import { duplex, event, mutation, query, router, subscription } from '@tautline/core'
import { createServer, implement, tracked } from '@tautline/server'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { serve } from '../node/serve.ts'
import { createOpenTelemetry, type OpenTelemetryOptions } from './opentelemetry.ts'

/*
 * Traces over real sockets: a browser's client, a server, another one that it calls, and calls back to the client. Each end has a
 * provider of its own, as in processes of their own; contexts and their propagation are global, as they are there.
 */

const stockApi = router({
  count: query({ input: v.string(), output: v.number(), errors: { NO_SUCH_ITEM: null } }),
})

const clientApi = router({ confirm: query({ input: v.string(), output: v.boolean() }) })

const shopApi = router({
  order: mutation({ input: v.string(), output: v.boolean(), errors: { SOLD_OUT: null } }),
  breaks: query(),
  prices: subscription({ output: v.number(), resume: v.number() }),
  sums: duplex({ up: v.number(), output: v.number() }),
  announces: mutation(),
  announced: event({ payload: v.string() }),
})

interface End {
  readonly telemetry: ReturnType<typeof createOpenTelemetry>
  readonly tracer: ReturnType<TracerProvider['getTracer']>
  spans(): ReadableSpan[]
}

function createEnd(options: Omit<OpenTelemetryOptions, 'tracerProvider'> = {}): End {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  return {
    telemetry: createOpenTelemetry({ ...options, tracerProvider }),
    tracer: tracerProvider.getTracer('test'),
    spans: () => exporter.getFinishedSpans(),
  }
}

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
afterAll(() => {
  context.disable()
  propagation.disable()
})

async function startStock(end: End): Promise<string> {
  const server = createServer(
    implement(stockApi).handlers({ count: ({ input, fail }) => (input === 'tea' ? 3 : fail('NO_SUCH_ITEM')) }),
    { observers: [end.telemetry] },
  )
  const serving = await serve(server, { port: 0, host: '127.0.0.1' })
  onTestFinished(() => serving.close({ drainMs: 1 }))
  return serving.url
}

interface StartOptions extends Omit<OpenTelemetryOptions, 'tracerProvider'> {
  readonly onError?: () => void
}

/** Prices go on behind the last one that was seen; the first time the connection is lost in between. */
async function startShop(end: End, stockUrl: string, onError: () => void) {
  const stock = createClient(stockApi, { url: stockUrl, observer: end.telemetry })
  const server = createServer(
    implement(shopApi, { calls: clientApi }).handlers({
      async order({ input, client, fail }) {
        const left = await stock.count(input).catch(() => 0)
        return left > 0 ? await client.confirm(input) : fail('SOLD_OUT')
      },
      async breaks() {
        await Promise.resolve()
        throw new Error('no database')
      },
      async *prices({ resume = 0 }) {
        for (let n = resume + 1; n <= 3; n++) {
          await stock.count('tea')
          yield tracked(n, n)
        }
      },
      async announces() {
        await Promise.resolve()
        server.publish(shopApi.announced, 'tea is here')
      },
      async *sums({ up }) {
        let sum = 0
        for await (const n of up) yield (sum += n)
      },
    }),
    { observers: [end.telemetry], onError, resume: false, log: false },
  )
  const serving = await serve(server, { port: 0, host: '127.0.0.1' })
  onTestFinished(async () => {
    await stock.$.close()
    await serving.close({ drainMs: 1 })
  })
  return { server, url: serving.url }
}

async function startAll({ onError = () => {}, ...options }: StartOptions = {}) {
  const ends = { client: createEnd(), shop: createEnd(options), stock: createEnd() }
  const shop = await startShop(ends.shop, await startStock(ends.stock), onError)
  const client = createClient(shopApi, {
    url: shop.url,
    observer: ends.client.telemetry,
    serves: implement(clientApi).handlers({ confirm: () => true }),
  })
  onTestFinished(() => client.$.close())
  return { ...ends, client: ends.client, call: client, server: shop.server }
}

/** "client order", its trace, and the name of its parent. */
function nameOf(span: ReadableSpan): string {
  return `${SpanKind[span.kind].toLowerCase()} ${span.name}`
}

function treeOf(spans: readonly ReadableSpan[]): Record<string, string | undefined> {
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]))
  return Object.fromEntries(
    spans.map((span) => {
      const parent = byId.get(span.parentSpanContext?.spanId ?? '')
      return [nameOf(span), parent && nameOf(parent)]
    }),
  )
}

async function numbersOf(items: AsyncIterable<number>): Promise<number[]> {
  const numbers: number[] = []
  for await (const n of items) numbers.push(n)
  return numbers
}

describe('one trace', () => {
  test('spans a client, its server, the server that this one calls, and the call back to the client', async () => {
    const { client, shop, stock, call } = await startAll()
    await client.tracer.startActiveSpan('click', async (span) => {
      expect(await call.order('tea')).toBe(true)
      span.end()
    })
    const spans = [...client.spans(), ...shop.spans(), ...stock.spans()]
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1)
    expect(treeOf(client.spans())).toEqual({
      'internal click': undefined,
      'client order': 'internal click',
      'server confirm': undefined,
    })
    expect(treeOf(spans)).toEqual({
      'internal click': undefined,
      'client order': 'internal click',
      'server order': 'client order',
      'client count': 'server order',
      'server count': 'client count',
      'client confirm': 'server order',
      'server confirm': 'client confirm',
    })
    for (const span of spans) expect(span.status.code).toBe(SpanStatusCode.UNSET)
    expect(spans.find((span) => nameOf(span) === 'server count')?.attributes).toEqual({
      'rpc.system.name': 'tautline',
      'rpc.method': 'count',
      'tautline.kind': 'query',
      'rpc.response.status_code': 'OK',
    })
  })

  test('holds one span for the life of a stream, at each end, with what its items need inside', async () => {
    const { client, shop, stock, call } = await startAll()
    expect(await numbersOf(call.prices())).toEqual([1, 2, 3])
    expect(await numbersOf(call.sums(undefined, [1, 2, 3]))).toEqual([1, 3, 6])
    await expect.poll(() => shop.spans().filter(({ kind }) => kind === SpanKind.SERVER).length).toBe(2)
    const [prices, sums] = client.spans()
    expect([prices?.name, sums?.name]).toEqual(['prices', 'sums'])
    expect(prices?.spanContext().traceId).not.toBe(sums?.spanContext().traceId)
    const spans = [...client.spans(), ...shop.spans(), ...stock.spans()]
    expect(treeOf(spans)).toEqual({
      'client prices': undefined,
      'server prices': 'client prices',
      'client count': 'server prices',
      'server count': 'client count',
      'client sums': undefined,
      'server sums': 'client sums',
    })
    // One for each item, the last of which was asked for long after the handler was called.
    expect(stock.spans().map((span) => span.spanContext().traceId)).toEqual(
      Array(3).fill(prices?.spanContext().traceId),
    )
  })

  test('goes on where a stream does, on another session', async () => {
    const { client, shop, call, server } = await startAll()
    const stream = call.prices()
    expect(await stream.next()).toEqual({ done: false, value: 1 })
    const lost = new Promise<void>((resolve) => {
      call.$.onStatus(({ state }) => {
        if (state === 'reconnecting') resolve()
      })
    })
    for (const connection of server.connections) connection.terminate()
    // Not by looking now and then: the first attempt may follow at once, and have it connected again.
    await lost
    call.$.reconnect()
    expect((await numbersOf(stream)).at(-1)).toBe(3)
    const [span] = client.spans()
    expect(span?.events.map(({ name }) => name)).toEqual(['tautline.stream.resumed'])
    const served = shop.spans().filter(({ kind }) => kind === SpanKind.SERVER)
    expect(served.map((one) => one.parentSpanContext?.spanId)).toEqual(Array(2).fill(span?.spanContext().spanId))
  })
})

test('an error is that of who made it: a failure of the server, or of what it was asked', async () => {
  const { client, shop, call } = await startAll()
  await expect(call.order('coffee')).rejects.toMatchObject({ code: 'SOLD_OUT' })
  await expect(call.breaks()).rejects.toMatchObject({ code: 'INTERNAL' })
  const told = (end: End, kind: SpanKind) =>
    end
      .spans()
      .filter((span) => span.kind === kind)
      .map(({ name, status, attributes }) => [
        name,
        SpanStatusCode[status.code],
        attributes['rpc.response.status_code'],
        attributes['error.type'],
      ])
  expect(told(client, SpanKind.CLIENT)).toEqual([
    ['order', 'ERROR', 'SOLD_OUT', 'SOLD_OUT'],
    ['breaks', 'ERROR', 'INTERNAL', 'INTERNAL'],
  ])
  expect(told(shop, SpanKind.SERVER)).toEqual([
    ['order', 'UNSET', 'SOLD_OUT', undefined],
    ['breaks', 'ERROR', 'INTERNAL', 'INTERNAL'],
  ])
  expect(JSON.stringify(shop.spans().map(({ attributes, events }) => [attributes, events]))).not.toContain(
    'no database',
  )
})

describe('a server that does not trust its callers', () => {
  test('begins a trace of its own, and may name theirs', async () => {
    const { client, shop, call } = await startAll({ remoteParent: 'link' })
    await call.order('tea')
    const span = client.spans().find(({ name }) => name === 'order')
    const served = shop.spans().find((one) => nameOf(one) === 'server order')
    expect(served?.spanContext().traceId).not.toBe(span?.spanContext().traceId)
    expect(served?.links.map((link) => link.context.spanId)).toEqual([span?.spanContext().spanId])
  })

  test('or does not', async () => {
    const { shop, call } = await startAll({ remoteParent: 'ignore' })
    await call.order('tea')
    const served = shop.spans().find((one) => nameOf(one) === 'server order')
    expect(served?.parentSpanContext).toBe(undefined)
    expect(served?.links).toEqual([])
  })
})

test('what is published is noted on the span that publishes', async () => {
  const { shop, call } = await startAll()
  await call.announces()
  const [span] = shop.spans()
  expect(span?.events).toMatchObject([
    { name: 'tautline.published', attributes: { 'tautline.event': 'announced', 'tautline.receivers': 0 } },
  ])
})

test('an error is told of within the span that it belongs to', async () => {
  const traceIds: unknown[] = []
  const onError = (): void => void traceIds.push(trace.getActiveSpan()?.spanContext().traceId)
  const { client, call } = await startAll({ onError })
  await expect(call.breaks()).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(traceIds).toEqual(client.spans().map((span) => span.spanContext().traceId))
})

test('a call within this process belongs to the trace that it is made in', async () => {
  const { shop, server } = await startAll()
  await shop.tracer.startActiveSpan('job', async (span) => {
    await server
      .caller({})
      .breaks()
      .catch(() => {})
    span.end()
  })
  expect(treeOf(shop.spans())).toEqual({ 'server breaks': 'internal job', 'internal job': undefined })
})

test('a traceparent that is none begins another trace', async () => {
  const { shop, call } = await startAll()
  await context
    .with(ROOT_CONTEXT, () => call.breaks(undefined, { meta: { traceparent: '00-zz-zz-01' } }))
    .catch(() => {})
  const [served] = shop.spans()
  expect(served?.name).toBe('breaks')
  expect(trace.isSpanContextValid(served?.spanContext() ?? { traceId: '', spanId: '', traceFlags: 0 })).toBe(true)
})
