import { type CountedFrame, type ErrorFrame, FrameType } from '../protocol/frame.ts'

/*
 * What becomes of a frame that no message of the peer's limits can hold: the call it belongs to fails, and the connection
 * lives. Normative text: PROTOCOL.md, "Limits".
 */

const CODE = 'LIMIT_EXCEEDED'
const MESSAGE = 'The value is larger than one message may be'

/** What to do instead of sending. */
export type OversizeRemedy =
  /** The peer has never heard of this id: forget it, and tell the caller. */
  | { readonly type: 'fail-unsent'; readonly id: number; readonly error: ErrorFrame }
  /** Answer with this frame in place of the one that is too large. */
  | { readonly type: 'replace'; readonly frame: ErrorFrame }
  /** Give the stream up in the direction of this item. */
  | { readonly type: 'fail-stream'; readonly id: number; readonly error: ErrorFrame }

export function remedyOf(frame: CountedFrame): OversizeRemedy {
  const { type } = frame
  if (type === FrameType.Call || type === FrameType.Open || type === FrameType.Listen) {
    return { type: 'fail-unsent', id: frame.id, error: errorFor(frame.id) }
  }
  if (type === FrameType.Ok || type === FrameType.Error) return { type: 'replace', frame: errorFor(frame.id) }
  if (type === FrameType.Item) return { type: 'fail-stream', id: frame.id, error: errorFor(frame.id) }
  // The others carry no value: only limits that cannot work lead here.
  throw new Error(`Expected limits that let frame ${type} pass`)
}

function errorFor(id: number): ErrorFrame {
  return { type: FrameType.Error, id, code: CODE, message: MESSAGE, data: undefined }
}
