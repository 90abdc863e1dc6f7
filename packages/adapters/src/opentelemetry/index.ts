/** Traces and metrics of Tautline servers and clients through `@opentelemetry/api`. */
export { createOpenTelemetry, type OpenTelemetryOptions } from './opentelemetry.ts'
export type { RemoteParent } from './spans.ts'
