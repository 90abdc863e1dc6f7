import type { CloseFrame, CountedFrame, EventFrame, Frame, PingFrame, PongFrame } from '../protocol/frame.ts'

/** Frames about a request of either end, under its id. */
export type RequestFrame = Exclude<CountedFrame, EventFrame>

/** Frames that only one of the two ends may send once the session is open. */
export type RoleFrame = Exclude<Frame, RequestFrame | PingFrame | PongFrame | CloseFrame>
