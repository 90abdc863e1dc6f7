export type { ArrivedCall, CallObserver, ItemSource, MadeCall, ObservedCall } from '@tautline/core/peer'
export type { ClientControl, ClientStats, Traffic } from './client-control.ts'
export type { ClientBehaviour, ClientOptions, ClientTarget, TransportName } from './client-options.ts'
export type { ClientState, ClientStatus } from './client-status.ts'
export type {
  CallOptions,
  Client,
  ClientGroup,
  EventMember,
  Gap,
  ItemStream,
  Listening,
  ListenOptions,
  MutateOptions,
  PendingCall,
  StreamOptions,
  SubscribeOptions,
} from './client-types.ts'
export { createClient } from './create-client.ts'
export {
  type DescribeStatusOptions,
  describeStatus,
  type StatusDescription,
  type StatusKind,
  type StatusTone,
} from './describe-status.ts'
export type { QueueLimits } from './intents.ts'
export { type Outline, outline } from './outline.ts'
export { browserSignals, type PageSignal, type PageSignals } from './page-signals.ts'
export {
  type WebSocketConnectorOptions,
  type WebSocketConstructor,
  type WebSocketLike,
  webSocketConnector,
} from './transports/websocket.ts'
