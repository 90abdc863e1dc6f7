import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'

/**
 * Spans as lines of the log, so that the example needs no collector. In production `OTLPTraceExporter` of
 * `@opentelemetry/exporter-trace-otlp-http` stands in its place.
 */
function createLogExporter(log: Logger): SpanExporter {
  return {
    export(spans, done) {
      for (const span of spans) log.info({ event: 'span', ...fieldsOf(span) }, `${span.name} ended`)
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve(),
  }
}

function fieldsOf(span: ReadableSpan) {
  const [seconds, nanoseconds] = span.duration
  return {
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    span: span.name,
    durationMs: seconds * 1e3 + nanoseconds / 1e6,
    ...span.attributes,
  }
}

/** Before the first server and client: they take what is there. */
export function startTracing(log: Logger): { stop(): Promise<void> } {
  const provider = new TracerProvider({
    spanProcessors: [new BatchSpanProcessor({ exporter: createLogExporter(log) })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  return { stop: () => provider.shutdown() }
}
