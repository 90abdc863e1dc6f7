export { type BacklogLimits, DEFAULT_BACKLOG_LIMITS } from './backlog-watch.ts'
export {
  Caller,
  type CallRequest,
  type CallSink,
  type EventListener,
  type FailureSink,
  type ListenRequest,
  type ListenSink,
  type StreamRequest,
  type StreamSink,
} from './caller.ts'
export { Connection, type ConnectionOptions, type ConnectionSides, type ConnectionStats } from './connection.ts'
export type { ConnectionObserver } from './connection-observer.ts'
export type { Ending } from './ending.ts'
export { type EncodedItem, type ItemPump, type ItemPumpOptions, type ItemSource, startItemPump } from './item-pump.ts'
export { ItemQueue, type ItemQueueOptions } from './item-queue.ts'
export type { CalleeSide, CallerSide, SessionLink, StreamEffect } from './link.ts'
