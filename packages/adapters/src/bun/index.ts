/** Tautline on Bun, over `Bun.serve`. */
export type { CloseOptions, FetchHandler, Serving } from '../serving.ts'
export type { BunServeParts, BunServer, BunTlsOptions, BunWebSocket, BunWebSocketHandler } from './bun-api.ts'
export { type ServeOptions, serve } from './serve.ts'
export { type TautlineOptions, type TautlineSocketData, tautline } from './tautline.ts'
