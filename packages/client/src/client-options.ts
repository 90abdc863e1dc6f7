import type { Clock, Compressor, Connector, Random } from '@tautline/core/io'
import type { CallObserver, ServedProcedures } from '@tautline/core/peer'
import type { Limits } from '@tautline/core/protocol'
import type { ReconnectOptions } from '@tautline/core/session'
import type { ClientStatus } from './client-status.ts'
import type { QueueLimits } from './intents.ts'
import type { PageSignals } from './page-signals.ts'
import type { WebSocketConstructor } from './transports/websocket.ts'

/** Where to connect: an address, or what connects. */
export type ClientTarget =
  | {
      /** `wss:`, `ws:`, `https:` or `http:`. In a page it may be relative: `"/rpc"`. */
      readonly url: string | URL
      /** For runtimes without one, or to use the one of `ws`. @default the global `WebSocket` */
      readonly WebSocket?: WebSocketConstructor | undefined
      /**
       * Ways to connect, preferred first. Long poll is loaded only when WebSocket does not get through.
       * @default ['websocket', 'long-poll']
       */
      readonly transports?: readonly [TransportName, ...TransportName[]] | undefined
      readonly connector?: undefined
    }
  | {
      /** Something of your own that connects; or several, preferred first: the others are used where that one does not get through. */
      readonly connector: Connector | readonly [Connector, ...Connector[]]
      readonly url?: undefined
      readonly WebSocket?: undefined
    }

/** A way to connect that comes with this package. */
export type TransportName = 'websocket' | 'long-poll'

export type ClientOptions = ClientTarget & ClientBehaviour

export interface ClientBehaviour {
  /**
   * Asked at every connect; what it gives, or resolves to, is sent to the server's `context` as `auth`. When it throws,
   * the attempt has failed and is repeated; a `TautlineError` with `UNAUTHORIZED` or `FORBIDDEN` ends the attempts.
   */
  readonly auth?: (() => unknown) | undefined
  /** As `client.$.onStatus`, and from the beginning. */
  readonly onStatus?: ((status: ClientStatus) => void) | undefined
  /** Told what listeners throw, and of failures of this client itself. @default `console.error`, with its text and stack alone */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Connects when first used, instead of at once. @default false */
  readonly lazy?: boolean | undefined
  /** Time for each call that says nothing else, in ms; see `CallOptions`. @default Infinity */
  readonly timeoutMs?: number | undefined
  /** Time to open a transport, `auth` included, in ms. @default 10,000 */
  readonly connectTimeoutMs?: number | undefined
  /** How to go on after a lost connection. */
  readonly reconnect?: ReconnectOptions | undefined
  /** Bounds of what may wait for a connection. Past them calls fail with `QUEUE_FULL`. */
  readonly offlineQueue?: Partial<QueueLimits> | undefined
  /**
   * What the server may send: those of sizes hold even where it announces more, others until it announces its own. By
   * default a message follows the server up to 64 MiB.
   */
  readonly limits?: Partial<Limits> | undefined
  /**
   * `false` offers no compression of messages. A compressor of one's own replaces the platform's.
   * @default the platform's deflate
   */
  readonly compression?: Compressor | false | undefined
  /** Validates what the server sends by the schemas of the contract, and fails with `INVALID_OUTPUT`. @default false */
  readonly validate?: boolean | undefined
  /** What this client answers when the server calls it: `implement(clientApi).handlers({ … })`. */
  readonly serves?: ServedProcedures | undefined
  /**
   * Told of every call and stream of this client, and of the server's calls to it: the seam to telemetry, such as
   * `@tautline/adapters/opentelemetry`. Must not throw.
   */
  readonly observer?: CallObserver | undefined
  /** Name and version of the application, for the server's logs. @default `"tautline"` */
  readonly name?: string | undefined
  /** Changes of the network, and waking up. @default the events of browsers */
  readonly pageSignals?: PageSignals | undefined
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined
  /** Randomness of the pauses between attempts, for tests. @default `Math.random` */
  readonly random?: Random | undefined
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = { calls: 1000, bytes: 1024 * 1024 }
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000

/** A server announces its limits, and could announce any: a small message may stand for 256 times its size. */
export const MOST_MESSAGE_BYTES: number = 64 * 1024 * 1024
