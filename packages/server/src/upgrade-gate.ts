/**
 * Who may open a WebSocket at all, before anything of the protocol.
 *
 * Owns: origins, limits on connections, the application's own look at the request. Must not know: connections.
 */
import type { Clock } from '@tautline/core/io'
import type { ConnectionCounts } from './connection-counts.ts'
import { quote } from './log.ts'
import type { ServerOptions, ServerSettings, UpgradeRefusal } from './server-options.ts'
import type { UpgradeDecision, UpgradeRequest } from './socket.ts'

type Refusal = Extract<UpgradeDecision, { readonly accept: false }>

export interface UpgradeGateOptions {
  readonly settings: ServerSettings
  readonly counts: ConnectionCounts
  readonly authorizeUpgrade: ServerOptions<object, never>['authorizeUpgrade']
  readonly isClosing: () => boolean
  readonly onError: (error: unknown) => void
}

export type UpgradeGate = (request: UpgradeRequest) => Promise<UpgradeDecision>

const ACCEPT: UpgradeDecision = Object.freeze({ accept: true })

export function createUpgradeGate(options: UpgradeGateOptions): UpgradeGate {
  const { settings } = options
  return async (request) => {
    const refusal = refuseAtOnce(options, request) ?? (await refuseByApplication(options, request))
    if (refusal === undefined) return ACCEPT
    const from = request.remoteAddress ?? 'unknown address'
    settings.log.warn(`Upgrade refused with ${refusal.status} (${from}): ${quote(refusal.body)}`)
    return refusal
  }
}

function refuseAtOnce(options: UpgradeGateOptions, request: UpgradeRequest): Refusal | undefined {
  const { settings, counts } = options
  if (options.isClosing()) return refuse({ status: 503, body: 'The server goes away' })
  try {
    if (!settings.isOriginAllowed(request)) {
      return refuse({ status: 403, body: `The origin ${request.headers.get('origin') ?? ''} may not connect` })
    }
    if (counts.total >= settings.maxConnections) return refuse({ status: 503, body: 'Too many connections' })
    if (counts.of(settings.addressOf(request)) >= settings.maxConnectionsPerAddress) {
      return refuse({ status: 429, body: 'Too many connections from this address' })
    }
  } catch (error) {
    options.onError(error)
    return refuse({ status: 500 })
  }
  return undefined
}

async function refuseByApplication(
  { settings, authorizeUpgrade, onError }: UpgradeGateOptions,
  request: UpgradeRequest,
): Promise<Refusal | undefined> {
  if (authorizeUpgrade === undefined) return undefined
  const { promise: tooLate, cancel } = timeout(settings.clock, settings.limits.handshakeMs)
  try {
    const answer = await Promise.race([authorizeUpgrade(request), tooLate])
    return answer === undefined ? undefined : refuse(answer)
  } catch (error) {
    onError(error)
    return refuse({ status: 500 })
  } finally {
    cancel()
  }
}

function refuse({ status, headers = {}, body = '' }: UpgradeRefusal): Refusal {
  return { accept: false, status, headers, body }
}

function timeout(clock: Clock, ms: number): { readonly promise: Promise<UpgradeRefusal>; readonly cancel: () => void } {
  let cancel = (): void => {}
  const promise = new Promise<UpgradeRefusal>((resolve) => {
    cancel = clock.schedule(clock.now() + ms, () => resolve({ status: 503, body: 'The decision took too long' }))
  })
  return { promise, cancel: () => cancel() }
}
