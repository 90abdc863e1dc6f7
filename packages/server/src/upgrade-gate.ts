/**
 * Who may open a WebSocket at all, before anything of the protocol.
 *
 * Owns: origins, limits on connections and on how often they are asked for, the application's own look at the request. Must
 * not know: connections.
 */
import type { Clock } from '@tautline/core/io'
import type { ConnectionCounts } from './connection-counts.ts'
import type { LimitName } from './limit-counts.ts'
import { quote } from './log.ts'
import type { LogBudget } from './log-budget.ts'
import { RateTable } from './rate-table.ts'
import type { ServerOptions, ServerSettings, UpgradeRefusal } from './server-options.ts'
import type { UpgradeDecision, UpgradeRequest } from './socket.ts'

type Refusal = Extract<UpgradeDecision, { readonly accept: false }>

export interface UpgradeGateOptions {
  readonly settings: ServerSettings
  readonly counts: ConnectionCounts
  readonly warnings: LogBudget
  readonly onLimited: (limit: LimitName) => void
  readonly authorizeUpgrade: ServerOptions<object, never>['authorizeUpgrade']
  readonly isClosing: () => boolean
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
    const refusal = refuseAtOnce(options, rates, request) ?? (await refuseByApplication(options, request))
    if (refusal === undefined) return ACCEPT
    options.warnings.warn(`Upgrade refused with ${refusal.status}`, () => {
      const from = request.remoteAddress ?? 'unknown address'
      return `Upgrade refused with ${refusal.status} (${from}): ${quote(refusal.body)}`
    })
    return refusal
  }
}

/** What costs least comes first, so that a flood is refused for as little as can be. */
function refuseAtOnce(options: UpgradeGateOptions, rates: RateTable, request: UpgradeRequest): Refusal | undefined {
  const { settings, counts } = options
  if (options.isClosing()) return refuseForNow('The server goes away', FULL_RETRY_S)
  try {
    const address = settings.addressOf(request)
    const waitMs = address === undefined ? 0 : rates.take(address, settings.clock.now())
    if (waitMs > 0) {
      options.onLimited('upgradesPerAddress')
      return refuseForNow('Too many attempts from this address', Math.ceil(waitMs / MS_PER_SECOND))
    }
    if (counts.total >= settings.maxConnections) {
      options.onLimited('connections')
      return refuseForNow('Too many connections', FULL_RETRY_S)
    }
    if (counts.of(address) >= settings.maxConnectionsPerAddress) {
      options.onLimited('connectionsPerAddress')
      return refuseForNow('Too many connections from this address', FULL_RETRY_S)
    }
    if (!settings.isOriginAllowed(request)) {
      return refuse({ status: 403, body: `The origin ${request.headers.get('origin') ?? ''} may not connect` })
    }
  } catch (error) {
    options.onError(error)
    return refuse({ status: 500 })
  }
  return undefined
}

function refuseForNow(body: string, seconds: number): Refusal {
  return refuse({ status: 503, headers: { 'retry-after': String(seconds) }, body })
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
    cancel = clock.schedule(clock.now() + ms, () => resolve(refuseForNow('The decision took too long', FULL_RETRY_S)))
  })
  return { promise, cancel: () => cancel() }
}
