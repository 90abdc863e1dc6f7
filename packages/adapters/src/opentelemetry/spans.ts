/**
 * A span for each end of a call: of a stream for its whole life, with events where it goes on elsewhere.
 *
 * Owns: names, attributes and status of spans, by the semantic conventions for RPC (1.45), and which context is whose. Nothing
 * that was sent is in them.
 */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { type ArrivedCall, type MadeCall, type ObservedCall, outcomeOf } from '@tautline/core/peer'
import { carried } from './carried.ts'

/**
 * What becomes of the trace that a caller says it is part of: `follow` goes on with it; `link` begins another one and names it,
 * `ignore` does not, as befits callers who are not trusted: they could have everything sampled.
 */
export type RemoteParent = 'follow' | 'link' | 'ignore'

/** What is the callee's own failure, and not what it was asked. */
const SERVER_FAULTS: ReadonlySet<string> = new Set([
  'INTERNAL',
  'TIMEOUT',
  'OVERLOADED',
  'UNSERIALISABLE',
  'RESULT_LOST',
  'LIMIT_EXCEEDED',
])

const OK = 'OK'

export function attributesOf({ path, kind }: Pick<ObservedCall, 'path' | 'kind'>): Attributes {
  return { 'rpc.system.name': 'tautline', 'rpc.method': path, 'tautline.kind': kind }
}

export function startMadeSpan(tracer: Tracer, call: ObservedCall): MadeCall {
  const parent = context.active()
  const span = tracer.startSpan(call.path, { kind: SpanKind.CLIENT, attributes: attributesOf(call) }, parent)
  const wanted: Record<string, string> = {}
  propagation.inject(trace.setSpan(parent, span), wanted)
  return {
    meta: carried(wanted, call.meta),
    passed: (event) => void span.addEvent(`tautline.stream.${event}`),
    ended(error) {
      const code = outcomeOf(error)
      finish(span, code, code !== OK)
    },
  }
}

export function startArrivedSpan(tracer: Tracer, call: ObservedCall, remoteParent: RemoteParent): ArrivedCall {
  const here = context.active()
  const told = propagation.extract(here, call.meta)
  const parent = remoteParent === 'follow' ? told : here
  const span = tracer.startSpan(
    call.path,
    {
      kind: SpanKind.SERVER,
      attributes: attributesOf(call),
      links: remoteParent === 'link' ? linksTo(told, here) : [],
    },
    parent,
  )
  const own = trace.setSpan(parent, span)
  return {
    within: (task) => context.with(own, task),
    ended: (code) => finish(span, code, SERVER_FAULTS.has(code)),
  }
}

/** On the span of whatever publishes, if there is one: an event belongs to no trace of its own. */
export function notePublished(path: string, receivers: number): void {
  trace.getActiveSpan()?.addEvent('tautline.published', { 'tautline.event': path, 'tautline.receivers': receivers })
}

function linksTo(told: Context, here: Context) {
  const spanContext = trace.getSpanContext(told)
  return spanContext === undefined || spanContext === trace.getSpanContext(here) ? [] : [{ context: spanContext }]
}

function finish(span: Span, code: string, failed: boolean): void {
  span.setAttribute('rpc.response.status_code', code)
  if (failed) span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}
