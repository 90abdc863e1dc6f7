/**
 * Who may open a WebSocket at all, before anything of the protocol.
 *
 * Owns: origins, limits on connections and on how often they are asked for, the application's own look at the request. Must
 * not know: connections.
 */
import type { Clock } from '@tautline/core/io'
import type { ConnectionCounts } from './connection-counts.ts'
import { headersOf } from './described-request.ts'
import type { LimitName } from './limit-counts.ts'
import { quote } from './log.ts'
import type { LogBudget, LogLine } from './log-budget.ts'
import { RateTable } from './rate-table.ts'
import type { ServerOptions, ServerSettings, UpgradeRefusal } from './server-options.ts'
import type { UpgradeDecision, UpgradeRequest } from './socket.ts'

/** Who or what has refused: a word for logs and metrics. */
export type RefusalReason =
  | 'closing'
  | 'origin'
  | 'rate'
  | 'connections'
  | 'address'
  | 'application'
  | 'late'
  | 'failed'

interface Refused {
  readonly refusal: Extract<UpgradeDecision, { readonly accept: false }>
  readonly why: RefusalReason
  /** The page that may not connect. */
  readonly origin?: string | undefined
}

export interface UpgradeGateOptions {
  readonly settings: ServerSettings
  readonly counts: ConnectionCounts
  readonly warnings: LogBudget
  readonly onLimited: (limit: LimitName) => void
  readonly authorizeUpgrade: ServerOptions<object, never>['authorizeUpgrade']
  readonly isClosing: () => boolean
  readonly onRefused: (status: number, why: RefusalReason) => void
  readonly onError: (error: unknown) => void
}

export type UpgradeGate = (request: UpgradeRequest) => Promise<UpgradeDecision>

const ACCEPT: UpgradeDecision = Object.freeze({ accept: true })
/** Nobody knows when a place is free. Clients wait for a random time on top of it. */
const FULL_RETRY_S = 5
const MS_PER_SECOND = 1000

export function createUpgradeGate(options: UpgradeGateOptions): UpgradeGate {
  const rates = new RateTable(options.settings.upgradesPerAddress)
  return async (request) => {
    const refused = refuseAtOnce(options, rates, request) ?? (await refuseByApplication(options, request))
    if (refused === undefined) return ACCEPT
    options.warnings.warn(`Upgrade refused with ${refused.refusal.status}`, () => lineOf(refused, request))
    options.onRefused(refused.refusal.status, refused.why)
    return refused.refusal
  }
}

/** Without the body: that of the application may say anything. */
function lineOf({ refusal: { status }, why, origin }: Refused, { remoteAddress: address }: UpgradeRequest): LogLine {
  const suffix = origin === undefined ? '' : ` ${quote(origin)}`
  return {
    message: `Upgrade refused with ${status} (${address ?? 'unknown address'}): ${why}${suffix}`,
    fields: { event: 'upgrade.refused', status, why, address, origin },
  }
}

/** What costs least comes first, so that a flood is refused for as little as can be. */
function refuseAtOnce(options: UpgradeGateOptions, rates: RateTable, request: UpgradeRequest): Refused | undefined {
  const { settings, counts, onLimited } = options
  if (options.isClosing()) return refuseForNow('closing', 'The server goes away')
  try {
    const address = settings.addressOf(request)
    const waitMs = address === undefined ? 0 : rates.take(address, settings.clock.now())
    if (waitMs > 0) {
      onLimited('upgradesPerAddress')
      return refuseForNow('rate', 'Too many attempts from this address', Math.ceil(waitMs / MS_PER_SECOND))
    }
    if (counts.total >= settings.maxConnections) {
      onLimited('connections')
      return refuseForNow('connections', 'Too many connections')
    }
    if (counts.of(address) >= settings.maxConnectionsPerAddress) {
      onLimited('connectionsPerAddress')
      return refuseForNow('address', 'Too many connections from this address')
    }
    if (!settings.isOriginAllowed(request)) {
      const origin = headersOf(request).get('origin') ?? ''
      const refused = refuse('origin', { status: 403, body: `The origin ${origin} may not connect` })
      // Whoever is no browser can send more than an origin.
      return { ...refused, origin: URL.canParse(origin) ? new URL(origin).origin : undefined }
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
    if (answer === 'late') return refuseForNow('late', 'The decision took too long')
    return answer === undefined ? undefined : refuse('application', answer)
  } catch (error) {
    onError(error)
    return refuse('failed', { status: 500 })
  } finally {
    cancel()
  }
}

function refuseForNow(why: RefusalReason, body: string, seconds: number = FULL_RETRY_S): Refused {
  return refuse(why, { status: 503, headers: { 'retry-after': String(seconds) }, body })
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
