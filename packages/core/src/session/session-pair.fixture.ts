import type { Payload } from '../protocol/frame.ts'
import { createSessionPair, type SessionPair, type SessionPairOptions } from '../testing/session-pair.ts'
import type { Effect } from './effect.ts'
import type { OutgoingCall, OutgoingListen, OutgoingOpen, Session, SessionStats } from './session.ts'

/** Both ends past the handshake, with nothing in flight and nothing in `effects`. */
export function openPair(options: SessionPairOptions = {}): SessionPair {
  const pair = createSessionPair(options)
  pair.clock.advance(10 * (options.latencyMs ?? 0))
  pair.client.takeEffects()
  pair.server.takeEffects()
  return pair
}

export const NO_STATS: SessionStats = {
  calls: 0,
  streams: 0,
  topics: 0,
  waiting: 0,
  peerCalls: 0,
  peerStreams: 0,
  peerTopics: 0,
}

/** A MessagePack string of so many bytes, at least one of them the head. */
export function payload(byteLength: number): Payload {
  if (byteLength > 0x1f) {
    const long = new Uint8Array(byteLength).fill(0x61)
    new DataView(long.buffer).setUint32(1, byteLength - 5)
    long[0] = 0xdb
    return long
  }
  const short = new Uint8Array(byteLength).fill(0x61)
  short[0] = 0xa0 + byteLength - 1
  return short
}

export function callOf(session: Session, overrides: Partial<OutgoingCall> = {}): OutgoingCall {
  return { id: session.nextId(), procedure: 'p', input: undefined, timeoutMs: undefined, meta: undefined, ...overrides }
}

export function openOf(session: Session, overrides: Partial<OutgoingOpen> = {}): OutgoingOpen {
  return { ...callOf(session), resume: undefined, duplex: false, ...overrides }
}

export function listenOf(session: Session, overrides: Partial<OutgoingListen> = {}): OutgoingListen {
  return { id: session.nextId(), event: 'e', params: undefined, ...overrides }
}

/** What came, as `type id`. */
export function brief(effects: readonly Effect[]): string[] {
  return effects.map((effect) => ('id' in effect ? `${effect.type} ${effect.id}` : effect.type))
}
