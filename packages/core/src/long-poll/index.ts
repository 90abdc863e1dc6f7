export { BodyChunks } from './body-chunks.ts'
export { PartAssembly, type PartReceiver } from './part-assembly.ts'
export { type Batch, PartQueue } from './part-queue.ts'
export {
  decodePollAnswer,
  decodePollRequest,
  encodePollAnswer,
  encodePollRequest,
  type Part,
  type PollAnswer,
  PollMode,
  type PollRequest,
} from './poll-body.ts'
export { POLL_HOLD_MS, POLL_LIMITS, POLL_MEDIA_TYPE } from './poll-limits.ts'
