import { type CountedFrame, type ErrorFrame, FrameType } from '../protocol/frame.ts'
import type { CallerEffect, Effect } from '../session/effect.ts'
import type { OutgoingError, Session } from '../session/session.ts'

/*
 * What happens instead of sending a frame that no message within the peer's limits can hold: the call it belongs to fails, and
 * the connection lives. Normative text: PROTOCOL.md, "Limits".
 */

export interface OversizeSurroundings {
  readonly session: Session
  readonly now: number
  /** Whether an id was made by this end. */
  readonly isOwn: (id: number) => boolean
}

export function insteadOf(frame: CountedFrame, { session, now, isOwn }: OversizeSurroundings): readonly Effect[] {
  const { type } = frame
  if (type === FrameType.Call || type === FrameType.Open || type === FrameType.Listen) {
    // The peer has never heard of this id: CANCEL stays here.
    return [failureOf(frame.id, 'call'), ...session.cancel(frame.id, now).filter((effect) => !isCancel(effect))]
  }
  if (type === FrameType.Ok || type === FrameType.Error) return [{ type: 'send', frame: errorFor(frame.id) }]
  if (type === FrameType.Items) {
    if (isOwn(frame.id)) return [failureOf(frame.id, 'item'), ...session.cancel(frame.id, now)]
    return [...session.fail(frame.id, errorOf('item')), { type: 'abort', id: frame.id, why: 'cancelled' }]
  }
  // The others carry no value: only limits that cannot work lead here.
  throw new Error(`Expected limits that let frame ${type} pass`)
}

function failureOf(id: number, what: string): CallerEffect {
  return { type: 'error', id, ...errorOf(what) }
}

function errorFor(id: number): ErrorFrame {
  return { type: FrameType.Error, id, ...errorOf('answer') }
}

function errorOf(what: string): OutgoingError {
  return { code: 'LIMIT_EXCEEDED', message: `The ${what} is larger than one message may be`, data: undefined }
}

function isCancel(effect: Effect): boolean {
  return effect.type === 'send' && effect.frame.type === FrameType.Cancel
}
