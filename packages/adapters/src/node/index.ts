/** Tautline on Node, over `node:http`. */
export { type Draining, type DrainOptions, type DrainSignal, drainOnSignals } from '../drain-on-signals.ts'
export { createHealth, type HealthHandler, type HealthOptions, type HealthSource } from '../health.ts'
export type { CloseOptions, FetchHandler, Serving } from '../serving.ts'
export type { Certificate } from '../tls-options.ts'
export { type Attachment, type AttachOptions, attach } from './attach.ts'
export { type ServeOptions, serve, type TlsServing } from './serve.ts'
