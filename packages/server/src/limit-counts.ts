/**
 * How often each limit was hit.
 *
 * Owns: the names, which are those of the metrics. Must not know: what a limit is for.
 */
import type { WireLimitName } from '@tautline/core/protocol'

/** Everything that a client can be refused, cut or slowed down for, by the name it has in options where it is one. */
export type LimitName =
  | WireLimitName
  /** `maxConnections` */
  | 'connections'
  | 'connectionsPerAddress'
  /** `upgradesPerAddress` */
  | 'upgradesPerAddress'
  | 'connectionsPerPrincipal'
  | 'callsPerPrincipal'
  | 'streamsPerPrincipal'
  /** `messagesPerSecond` and so on, of one connection: it was read more slowly, or cut. */
  | 'messagesPerSecond'
  | 'framesPerSecond'
  | 'bytesPerSecond'
  /** The same of all connections of a principal. */
  | 'messagesPerSecondPerPrincipal'
  | 'framesPerSecondPerPrincipal'
  | 'bytesPerSecondPerPrincipal'
  /** Fresh credentials: `renewalsPerMinute`. */
  | 'renewals'
  /** `resumesPerMinute` */
  | 'resumes'
  | 'detached'
  | 'detachedBytes'
  | 'detachedPerOwner'
  | 'detachedBytesPerOwner'

/**
 * What it is worth to say about it. `told`: whoever is refused or cut is told of by a line of its own. `untold`: what goes wrong is
 * between the client and the limit.
 */
const LIMITS: Readonly<Record<LimitName, 'told' | 'untold'>> = {
  messageBytes: 'told',
  inflatedBytes: 'told',
  inflateRatio: 'told',
  depth: 'told',
  nodes: 'told',
  framesPerMessage: 'told',
  calls: 'untold',
  streams: 'untold',
  topics: 'untold',
  streamCredit: 'told',
  helloBytes: 'told',
  handshakeMs: 'told',
  pings: 'told',
  paramsBytes: 'untold',
  undecodedBytes: 'told',
  lingering: 'untold',
  backlog: 'told',
  connections: 'told',
  connectionsPerAddress: 'told',
  upgradesPerAddress: 'told',
  connectionsPerPrincipal: 'told',
  callsPerPrincipal: 'untold',
  streamsPerPrincipal: 'untold',
  messagesPerSecond: 'untold',
  framesPerSecond: 'untold',
  bytesPerSecond: 'untold',
  messagesPerSecondPerPrincipal: 'untold',
  framesPerSecondPerPrincipal: 'untold',
  bytesPerSecondPerPrincipal: 'untold',
  renewals: 'told',
  resumes: 'told',
  detached: 'untold',
  detachedBytes: 'untold',
  detachedPerOwner: 'untold',
  detachedBytesPerOwner: 'untold',
}

/** Whether nothing else says that it was hit. */
export function needsLine(limit: LimitName): boolean {
  return LIMITS[limit] === 'untold'
}

export class LimitCounts {
  readonly #counts: Record<LimitName, number>

  constructor() {
    const none = Object.keys(LIMITS).map((limit): readonly [string, number] => [limit, 0])
    // One entry for each of the keys.
    this.#counts = Object.fromEntries(none) as Record<LimitName, number>
  }

  add(limit: LimitName): void {
    this.#counts[limit] += 1
  }

  /** As they are now. */
  get all(): Readonly<Record<LimitName, number>> {
    return { ...this.#counts }
  }
}
