/**
 * Tautline on Deno. `serve` and `attach` stand on node:http and bound messages,
 * pause and ping; `denoHandler` is for `Deno.serve`, with the restrictions it documents.
 */
export {
  type Attachment,
  type AttachOptions,
  attach,
  type Certificate,
  type CloseOptions,
  createHealth,
  type Draining,
  type DrainOptions,
  type DrainSignal,
  drainOnSignals,
  type FetchHandler,
  type HealthHandler,
  type HealthOptions,
  type HealthSource,
  type ServeOptions,
  type Serving,
  serve,
  type TlsServing,
} from '../node/index.ts'
export type { DenoConnectionInfo } from './deno-api.ts'
export { type DenoHandler, type DenoHandlerOptions, denoHandler } from './deno-handler.ts'
