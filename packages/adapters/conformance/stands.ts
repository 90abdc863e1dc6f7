/** The servers that one conformance process runs side by side, each for what the others do not show. */
export type Stand =
  /** Defaults, and a page for browsers. */
  | 'main'
  | 'tls'
  /** RFC 7692 instead of Tautline's own compression. */
  | 'deflate'
  /** Beside an application's own node:http server. */
  | 'attached'
  /** An origin allow-list, a ticket asked for before the upgrade, a short handshake and small messages. */
  | 'guarded'
  /** Sends back every message: the runtime and its adapter, without what stands on them. In wire/ alone. */
  | 'echo'
  /** Little for each address, principal and time. In wire/ alone. */
  | 'rationed'
  /** Little of what is counted by the second, and a clock that only moves when it is told to. In wire/ alone. */
  | 'metered'

/** Where each stand listens; those that a runtime cannot have are missing. */
export type StandUrls = Readonly<Partial<Record<Stand, string>>>

export const GUARDED = {
  origin: 'https://app.example',
  ticket: 'good',
  /** The application never decides on it. */
  undecidedTicket: 'undecided',
  messageBytes: 64 * 1024,
  handshakeMs: 400,
} as const

/** What a process says of itself at `/usage` of its main stand. */
export interface Usage {
  readonly rssBytes: number
  /** Connections of all stands. */
  readonly connections: number
}
