/**
 * A service with all that its operators need: lines of JSON on stdout, `/metrics`, `/healthz` and `/readyz` on a port of their
 * own, traces, and an end in good order. On whichever runtime runs this file.
 *
 * HOST, PORT, OPERATIONS_PORT, NOTICE_MS, DRAIN_MS, LOG_LEVEL in the environment.
 */
import { trace } from '@opentelemetry/api'
import { createHealth, drainOnSignals, type Serving } from '@tautline/adapters/node'
import { createOpenTelemetry } from '@tautline/adapters/opentelemetry'
import { createPrometheus } from '@tautline/adapters/prometheus'
import { createServer, type Server } from '@tautline/server'
import { pino } from 'pino'
import { handlers } from './handlers.ts'
import { openOperationsPort } from './operations-port.ts'
import { startTracing } from './tracing.ts'

const { env } = process
const host = env['HOST'] ?? '127.0.0.1'

const log = pino({
  level: env['LOG_LEVEL'] ?? 'info',
  // What a handler logs can be found by the trace that it belongs to.
  mixin: () => ({ traceId: trace.getActiveSpan()?.spanContext().traceId }),
})
const tracing = startTracing(log)
const metrics = createPrometheus()
const server = createServer(handlers, { log, observers: [metrics, createOpenTelemetry()] })
const health = createHealth(server)

const operations = await openOperationsPort(host, Number(env['OPERATIONS_PORT'] ?? 9090), (request) => {
  if (new URL(request.url).pathname === '/metrics') return metrics.respond(request)
  return health(request) ?? new Response('Not found', { status: 404 })
})
const serving = await listen(server, { host, port: Number(env['PORT'] ?? 3000), path: '/rpc' })
log.info({ event: 'listening', url: serving.url, operationsPort: operations.port }, `Listening on ${serving.url}`)

const { drained } = drainOnSignals(server, serving, {
  noticeMs: Number(env['NOTICE_MS'] ?? 5000),
  drainMs: Number(env['DRAIN_MS'] ?? 20_000),
})
const signal = await drained
log.info({ event: 'drained', signal }, `Drained at ${signal}`)
// The last spans are on their way: behind them the process has nothing left to do.
await tracing.stop()
operations.close()

interface Address {
  readonly host: string
  readonly port: number
  readonly path: string
}

/** Each runtime has its own adapter; it is loaded where it fits. */
async function listen(service: Server, address: Address): Promise<Serving> {
  if (process.versions['bun'] !== undefined) return (await import('@tautline/adapters/bun')).serve(service, address)
  return (await import('@tautline/adapters/node')).serve(service, address)
}
