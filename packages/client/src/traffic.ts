import type { ConnectionStats } from '@tautline/core/peer'
import type { Traffic } from './client-control.ts'

/** What a client has sent and received. */
export interface TotalTraffic {
  readonly sent: Traffic
  readonly received: Traffic
}

const NONE: Traffic = Object.freeze({ messages: 0, wireBytes: 0, bodyBytes: 0 })
export const NO_TRAFFIC: TotalTraffic = Object.freeze({ sent: NONE, received: NONE })

/** Adds what one connection has carried. */
export function addTraffic(total: TotalTraffic, connection: ConnectionStats | undefined): TotalTraffic {
  if (connection === undefined) return total
  return { sent: add(total.sent, connection.sent), received: add(total.received, connection.received) }
}

function add(a: Traffic, b: Traffic): Traffic {
  return {
    messages: a.messages + b.messages,
    wireBytes: a.wireBytes + b.wireBytes,
    bodyBytes: a.bodyBytes + b.bodyBytes,
  }
}
