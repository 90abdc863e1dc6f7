/** Tautline on Bun, over `Bun.serve`. */
export { type Draining, type DrainOptions, type DrainSignal, drainOnSignals } from '../drain-on-signals.ts'
export { createHealth, type HealthHandler, type HealthOptions, type HealthSource } from '../health.ts'
export type { CloseOptions, FetchHandler, Serving } from '../serving.ts'
export type { BunServeParts, BunServer, BunTlsOptions, BunWebSocket, BunWebSocketHandler } from './bun-api.ts'
export { type ServeOptions, serve } from './serve.ts'
export { type TautlineOptions, type TautlineSocketData, tautline } from './tautline.ts'
