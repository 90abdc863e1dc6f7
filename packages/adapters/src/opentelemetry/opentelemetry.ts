import { type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import type { CallObserver } from '@tautline/core/peer'
import type { ServerObserver } from '@tautline/server'
import { createInstruments } from './instruments.ts'
import { notePublished, type RemoteParent, startArrivedSpan, startMadeSpan } from './spans.ts'

export interface OpenTelemetryOptions {
  /** @default the global one */
  readonly tracerProvider?: TracerProvider
  /** @default the global one */
  readonly meterProvider?: MeterProvider
  /** @default "follow" */
  readonly remoteParent?: RemoteParent
}

const SCOPE = '@tautline/adapters'

/**
 * Traces and metrics through OpenTelemetry, for `observers` of a server and `observer` of a client. Contexts travel by the global
 * propagator, and from a handler to the calls it makes by the global context manager: set both up first.
 */
export function createOpenTelemetry(options: OpenTelemetryOptions = {}): ServerObserver & Required<CallObserver> {
  const { tracerProvider = trace, meterProvider = metrics, remoteParent = 'follow' } = options
  const tracer = tracerProvider.getTracer(SCOPE)
  const instruments = createInstruments(meterProvider.getMeter(SCOPE))
  return {
    made(call) {
      const measured = instruments.made(call)
      const span = startMadeSpan(tracer, call)
      return {
        ...span,
        ended(error) {
          measured(error)
          span.ended(error)
        },
      }
    },
    arrived(call) {
      const measured = instruments.arrived(call)
      const span = startArrivedSpan(tracer, call, remoteParent)
      return {
        ...span,
        ended(code) {
          measured(code)
          span.ended(code)
        },
      }
    },
    attached: (server) => instruments.attached(server),
    happened(event) {
      instruments.happened(event)
      if (event.type === 'published') notePublished(event.path, event.receivers)
    },
  }
}
