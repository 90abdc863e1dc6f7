import type { ServerOptions } from '../subject.ts'

/** A WebSocket of the server, as little as there can be between a subject and the runtime's own. */
export interface BareSocket {
  /** What has been given to `send` and has not left yet. */
  readonly backlogBytes: number
  send(message: Uint8Array): void
}

export interface BareSocketListener {
  message(bytes: Uint8Array): void
  closed(): void
}

export type BareAcceptor = (socket: BareSocket) => BareSocketListener

export interface BareListening {
  readonly port: number
  readonly stop: () => Promise<void>
}

export type BareListen = (accept: BareAcceptor, options: ServerOptions) => Promise<BareListening>

export const HOST = '127.0.0.1'
/** Above the largest message that travels, the megabyte of bytes with what stands around it. */
export const MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024
