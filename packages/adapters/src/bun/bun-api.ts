/** The part of Bun's API that is used here, by shape: Bun's own declarations clash with those of Node and the DOM. */

export interface BunWebSocket<Data> {
  readonly data: Data
  /** Bytes sent; -1: queued behind others; 0: dropped. */
  send(message: Uint8Array, compress: boolean): number
  close(code: number, reason: string): void
  terminate(): void
  getBufferedAmount(): number
  pause(): void
  resume(): void
}

export interface BunServer<Data> {
  upgrade(request: Request, options: { readonly data: Data; readonly headers: Headers }): boolean
  requestIP(request: Request): { readonly address: string } | null
  /** Idle time of one request in seconds; 0 for no limit. */
  timeout(request: Request, seconds: number): void
}

export interface BunWebSocketHandler<Data> {
  readonly maxPayloadLength: number
  readonly idleTimeout: number
  readonly sendPings: boolean
  readonly backpressureLimit: number
  readonly closeOnBackpressureLimit: boolean
  readonly perMessageDeflate: boolean
  open(socket: BunWebSocket<Data>): void
  message(socket: BunWebSocket<Data>, message: string | Uint8Array): void
  drain(socket: BunWebSocket<Data>): void
  close(socket: BunWebSocket<Data>, code: number, reason: string): void
}

/** The part of Bun's `tls` that is of use to a server. */
export interface BunTlsOptions {
  readonly key: string | Uint8Array
  readonly cert: string | Uint8Array
  readonly passphrase?: string
  /** Authorities whose certificates clients may show. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** Lets in only clients with a certificate of `ca`. Bun does not tell which one it was. */
  readonly requestCert?: boolean
  readonly rejectUnauthorized?: true
  /** For which name, where there are several. */
  readonly serverName?: string
  /** 0x0303 for TLS 1.2, 0x0304 for TLS 1.3. */
  readonly minVersion?: number
  readonly maxVersion?: number
}

/** What `Bun.serve` takes of us. */
export interface BunServeParts<Data> {
  fetch(request: Request, bun: BunServer<Data>): Promise<Response | undefined>
  readonly websocket: BunWebSocketHandler<Data>
}

export interface BunListener {
  readonly port: number
  /** Resolves when the last connection is gone; `true` cuts them. */
  stop(closeActiveConnections?: boolean): Promise<void>
}

export interface BunGlobal {
  serve<Data>(options: BunServeParts<Data> & Record<string, unknown>): BunListener
}
