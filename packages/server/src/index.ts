export {
  type Claim,
  type ClaimAnswer,
  type ClientCertificate,
  type ContextInfo,
  createMemoryResultStore,
  type HandlerCall,
  type ImplementOptions,
  implement,
  type MemoryResultStore,
  type MemoryResultStoreOptions,
  type MemoryResultStoreStats,
  type MiddlewareCall,
  type PeerHandle,
  type ResultStore,
  type StoredResult,
  tracked,
} from '@tautline/core/peer'
export type { ServerConnectionHandle } from './connection-handle.ts'
export { DescribedRequest, type RequestFacts } from './described-request.ts'
export type { ProxyTrust, TrustedProxies, TrustedProxiesOptions } from './forwarding/trusted-proxies.ts'
export { type HeaderList, HeaderPairs } from './header-list.ts'
export type { LimitName } from './limit-counts.ts'
export { type FieldsFirstLog, fieldsFirst, type Log, type LogFields } from './log.ts'
export {
  createLongPoll,
  type LongPoll,
  type LongPollOptions,
  type LongPollRequest,
  type LongPollStats,
} from './long-poll/long-poll.ts'
export type { LongPollReply } from './long-poll/poll-reply.ts'
export type { AllowedOrigins } from './origin-check.ts'
export type { PublishOptions } from './publish-key.ts'
export type { RandomBytes } from './random-bytes.ts'
export type { PrincipalLimits, RateLimits, UpgradeRate } from './rate-limits.ts'
export { createServer } from './server.ts'
export type { ObservedServer, ServerEvent, ServerObserver } from './server-observer.ts'
export type {
  CompressionOptions,
  Disconnection,
  ErrorContext,
  ResumeLimits,
  ServerOptions,
  UpgradeRefusal,
} from './server-options.ts'
export type {
  InProcessOptions,
  PublishArguments,
  Server,
  ServerHealth,
  ServerState,
  ServerStats,
  ServerTraffic,
  Traffic,
} from './server-types.ts'
export type { SessionEvent } from './session-event.ts'
export type {
  ServerSocket,
  SocketAcceptor,
  SocketListener,
  UpgradeDecision,
  UpgradeRequest,
} from './socket.ts'
