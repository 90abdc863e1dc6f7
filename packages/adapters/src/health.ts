import type { ServerHealth } from '@tautline/server'

/** A server, as far as its health is of interest. */
export interface HealthSource {
  health(): ServerHealth
}

export interface HealthOptions {
  /** Whether the process is alive: restart it where this does not answer. @default "/healthz" */
  readonly livePath?: string
  /** Whether clients should be sent here. @default "/readyz" */
  readonly readyPath?: string
  /** What else must work for clients to be served, such as a database: throws or rejects where it does not. */
  readonly check?: () => unknown
}

/** Answers a probe; `undefined` for every other request. */
export type HealthHandler = (request: Request) => Promise<Response> | undefined

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/**
 * Answers probes of load balancers and orchestrators, ahead of what a `fetch` option does with all other requests:
 * `fetch: (request) => health(request) ?? answer(request)`.
 *
 * Alive is answered with 200 by whoever answers at all. Ready is 503 from `leave()` on, and where `check` fails. Neither says
 * more than the state of the server.
 */
export function createHealth(server: HealthSource, options: HealthOptions = {}): HealthHandler {
  const { livePath = '/healthz', readyPath = '/readyz', check } = options
  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const { pathname } = new URL(request.url)
    if (pathname === livePath) return Promise.resolve(answer(200, server.health().state))
    return pathname === readyPath ? answerReady(server, check) : undefined
  }
}

async function answerReady(server: HealthSource, check: HealthOptions['check']): Promise<Response> {
  const { state, ready } = server.health()
  if (!ready) return answer(503, state)
  try {
    await check?.()
  } catch {
    return answer(503, 'failing')
  }
  // The check may have taken its time.
  const now = server.health()
  return answer(now.ready ? 200 : 503, now.state)
}

function answer(status: number, state: string): Response {
  return new Response(JSON.stringify({ state }), { status, headers: HEADERS })
}
