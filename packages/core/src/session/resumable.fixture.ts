import type { CloseFrame, Frame, Welcome } from '../protocol/frame.ts'
import { FrameType, isCounted } from '../protocol/frame.ts'
import { rawWelcome } from '../testing/raw-hello.ts'
import type { SessionPair } from '../testing/session-pair.ts'
import type { Effect } from './effect.ts'
import type { Session } from './session.ts'
import { openPair } from './session-pair.fixture.ts'

/** How long sessions wait for another connection, in ms. */
export const WINDOW_MS = 60_000

/** Both ends past the handshake, and ready to wait for each other. */
export function openResumablePair(): SessionPair {
  return openPair({ welcome: { resumeWindowMs: WINDOW_MS } })
}

/** What another connection is welcomed with. */
export function nextWelcome(overrides: Partial<Welcome> = {}): Welcome {
  return rawWelcome({ gen: 2, resumed: true, resumeWindowMs: WINDOW_MS, ...overrides })
}

export function closeFrame(code: number, retry = true): CloseFrame {
  return { type: FrameType.Close, code, reason: 'a reason', retry }
}

/** Brings frames to a session as the next message of a connection without faults. */
export function deliver(session: Session, frames: readonly Frame[], seq = 0, now = 0): readonly Effect[] {
  const header = { seq, count: frames.filter(isCounted).length, ack: 0 }
  const admission = session.admit(header, 10, now)
  if (admission.type === 'reject') return admission.effects
  return admission.type === 'drop' ? [] : session.receive(header, frames, now)
}
