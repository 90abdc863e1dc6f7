export { got } from '../contract/got.ts'
export { createPackingCodec, type PackingCodec } from '../packing/packing-codec.ts'
export type { DecodedItems } from './arrived-batch.ts'
export { type BacklogLimits, DEFAULT_BACKLOG_LIMITS } from './backlog-watch.ts'
export type { ArrivedCall, CallObserver, MadeCall, ObservedCall } from './call-observer.ts'
export { endingOf, observeMade, outcomeOf, withMeta } from './call-observer.ts'
export { checkCallOptions, checkTakesKey, deadlineAfter, metaOf } from './call-options.ts'
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
export { Connection } from './connection.ts'
export type { ConnectionObserver } from './connection-observer.ts'
export type { ConnectionOptions, ConnectionStats } from './connection-options.ts'
export { ConnectionRefusal, refuseConnection } from './connection-refusal.ts'
export type { ClientCertificate, ConnectionRequest, ContextInfo, MakeContext, NoCalls, PeerHandle } from './context.ts'
export type { ConnectionSides } from './deliver-effect.ts'
export type {
  CreateDispatcher,
  Dispatcher,
  DispatcherOptions,
  DispatcherSetting,
  HandlerErrorReport,
  LimitListener,
  RunBudget,
  SharedContract,
  TopicListeners,
} from './dispatcher-options.ts'
export type { Ending } from './ending.ts'
export {
  type Encoded,
  type Form,
  formOf,
  itemShapesOf,
  packProven,
  plainLists,
  reshape,
  type SharedValue,
} from './forms.ts'
export type {
  DuplexCall,
  DuplexHandler,
  EventGuard,
  Fail,
  HandlerCall,
  HandlerOf,
  ListenCall,
  SubscriptionCall,
  SubscriptionHandler,
  UnaryHandler,
} from './handler-types.ts'
export { type ImplementOptions, implement } from './implement.ts'
export type {
  ContractImplementer,
  GroupImplementer,
  Handlers,
  Implementer,
  ImplementerScope,
  NoContext,
  PartImplementation,
  ProcedureImplementer,
  RootImplementer,
} from './implement-types.ts'
export type { Implementation, ServedProcedures } from './implementation.ts'
export {
  type ItemPump,
  type ItemPumpOptions,
  type ItemSource,
  type ReadableSource,
  startItemPump,
} from './item-pump.ts'
export { ItemQueue, type ItemQueueOptions } from './item-queue.ts'
export { ItemSender, type ItemSenderOptions } from './item-sender.ts'
export type { KeyedCalls } from './keyed-call.ts'
export { KeyedRuns, type KeyedRunsOptions } from './keyed-runs.ts'
export type { CalleeSide, CallerSide, SessionLink, StreamEffect } from './link.ts'
export { createLoopback, type Loopback } from './loopback.ts'
export {
  createMemoryResultStore,
  type MemoryResultStore,
  type MemoryResultStoreOptions,
  type MemoryResultStoreStats,
} from './memory-result-store.ts'
export type { Middleware, MiddlewareCall, MiddlewareResult, Next } from './middleware-types.ts'
export { checkNumber, numberOptions } from './number-options.ts'
export { createProcedureCaller, type ProcedureInvoker, type StreamCall } from './procedure-caller.ts'
export type {
  KeyedCallOptions,
  ProcedureCaller,
  ProcedureCallOptions,
  SubscriptionCallOptions,
} from './procedure-caller-types.ts'
export { createRemoteInvoker, type RemoteInvokerOptions } from './remote-invoker.ts'
export type { Claim, ClaimAnswer, ResultStore, StoredResult } from './result-store.ts'
export { runQuietly } from './run-quietly.ts'
export { type Tracked, tracked } from './tracked.ts'
export {
  addItem,
  createValueReader,
  encodeAs,
  encodeCanonically,
  encodeValue,
  shareValue,
  type ToldError,
  throwIt,
  type ValueReader,
} from './values.ts'
export { createVolatileEvents, type Reception } from './volatile-events.ts'
