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

/** Who or what has refused: a word for logs and metrics. */
export type RefusalReason = 'closing' | 'origin' | 'connections' | 'address' | 'application' | 'late' | 'failed'

interface Refused {
  readonly refusal: Extract<UpgradeDecision, { readonly accept: false }>
  readonly why: RefusalReason
  /** The page that may not connect. */
  readonly origin?: string | undefined
}

export interface UpgradeGateOptions {
  readonly settings: ServerSettings
  readonly counts: ConnectionCounts
  readonly authorizeUpgrade: ServerOptions<object, never>['authorizeUpgrade']
  readonly isClosing: () => boolean
  readonly onRefused: (status: number, why: RefusalReason) => void
  readonly onError: (error: unknown) => void
}

export type UpgradeGate = (request: UpgradeRequest) => Promise<UpgradeDecision>

const ACCEPT: UpgradeDecision = Object.freeze({ accept: true })

export function createUpgradeGate(options: UpgradeGateOptions): UpgradeGate {
  const { settings } = options
  return async (request) => {
    const refused = refuseAtOnce(options, request) ?? (await refuseByApplication(options, request))
    if (refused === undefined) return ACCEPT
    const { refusal, why, origin } = refused
    const { status } = refusal
    const address = request.remoteAddress
    const suffix = origin === undefined ? '' : ` ${quote(origin)}`
    // Not with its body: that of the application may say anything.
    const message = `Upgrade refused with ${status} (${address ?? 'unknown address'}): ${why}${suffix}`
    settings.log.warn(message, { event: 'upgrade.refused', status, why, address, origin })
    options.onRefused(status, why)
    return refusal
  }
}

function refuseAtOnce(options: UpgradeGateOptions, request: UpgradeRequest): Refused | undefined {
  const { settings, counts } = options
  if (options.isClosing()) return refuse('closing', { status: 503, body: 'The server goes away' })
  try {
    if (!settings.isOriginAllowed(request)) {
      const origin = request.headers.get('origin') ?? ''
      const refused = refuse('origin', { status: 403, body: `The origin ${origin} may not connect` })
      // Whoever is no browser can send more than an origin.
      return { ...refused, origin: URL.canParse(origin) ? new URL(origin).origin : undefined }
    }
    if (counts.total >= settings.maxConnections)
      return refuse('connections', { status: 503, body: 'Too many connections' })
    if (counts.of(settings.addressOf(request)) >= settings.maxConnectionsPerAddress) {
      return refuse('address', { status: 429, body: 'Too many connections from this address' })
    }
  } catch (error) {
    options.onError(error)
    return refuse('failed', { status: 500 })
  }
  return undefined
}

async function refuseByApplication(
  { settings, authorizeUpgrade, onError }: UpgradeGateOptions,
  request: UpgradeRequest,
): Promise<Refused | undefined> {
  if (authorizeUpgrade === undefined) return undefined
  const { promise: tooLate, cancel } = timeout(settings.clock, settings.limits.handshakeMs)
  try {
    const answer = await Promise.race([authorizeUpgrade(request), tooLate])
    if (answer === 'late') return refuse('late', { status: 503, body: 'The decision took too long' })
    return answer === undefined ? undefined : refuse('application', answer)
  } catch (error) {
    onError(error)
    return refuse('failed', { status: 500 })
  } finally {
    cancel()
  }
}

function refuse(why: RefusalReason, { status, headers = {}, body = '' }: UpgradeRefusal): Refused {
  return { refusal: { accept: false, status, headers, body }, why }
}

function timeout(clock: Clock, ms: number): { readonly promise: Promise<'late'>; readonly cancel: () => void } {
  let cancel = (): void => {}
  const promise = new Promise<'late'>((resolve) => {
    cancel = clock.schedule(clock.now() + ms, () => resolve('late'))
  })
  return { promise, cancel: () => cancel() }
}
