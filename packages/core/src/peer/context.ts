/**
 * What code of the application is told of the other end of a connection. Owns: the types alone. Must not know: how
 * a connection is made, or which of client and server it runs on.
 */
import type { ContractTree } from '../contract/contract.ts'
import type { ProcedureCaller } from './procedure-caller-types.ts'

/** The contract of an end that serves nothing. */
export type NoCalls = Readonly<Record<never, never>>

/** The other end, as handlers, middleware and hooks see it. */
export interface PeerHandle<Calls extends ContractTree = NoCalls> {
  /** Unique among the connections of this process. For logs: it is no secret and no credential. */
  readonly id: string
  /** IP address of the other end; `undefined` where the runtime does not tell, or the call is in-process. */
  readonly remoteAddress: string | undefined
  /** Calls what the other end serves, where the contract of it was given to `implement`. */
  readonly client: ProcedureCaller<Calls>
  /** Closes the connection in good order. @param reason is told to the other end */
  close(reason?: string): void
  /** Cuts the connection at once, without a word: to the other end it looks like a broken network. */
  terminate(): void
}

/** A certificate that is in time, that an authority of the server's vouches for, and to which the client holds the key. */
export interface ClientCertificate {
  /** Whom it names: `CN`, `O`, `OU`, …; a list where there are several of a kind. */
  readonly subject: Readonly<Partial<Record<string, string | readonly string[]>>>
  /** Who signed it, likewise. */
  readonly issuer: Readonly<Partial<Record<string, string | readonly string[]>>>
  /** Other names, as OpenSSL writes them: `DNS:device-7.example, URI:spiffe://example/device/7`. */
  readonly subjectAltName: string | undefined
  /** SHA-256 of the whole, as `AB:CD:…`: the same for no other certificate. */
  readonly fingerprint256: string
  /** As hexadecimal digits; the issuer's own for each. */
  readonly serialNumber: string
  /** Until when it is good, in ms since 1970. */
  readonly validToMs: number
  /** All of it, as DER. */
  readonly raw: Uint8Array
}

/** The HTTP request a connection began with. */
export interface ConnectionRequest {
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Headers
  /** Whether the socket itself is encrypted. */
  readonly secure: boolean
  /** Who the client proved to be by TLS, where it was asked to and the runtime tells. */
  readonly clientCertificate?: ClientCertificate | undefined
}

/** What `context` is given, once per connection and again when fresh credentials arrive. */
export interface ContextInfo<Calls extends ContractTree = NoCalls> {
  /** What the `auth` option of the client gave, decoded and not checked; `undefined` where it has none. */
  readonly auth: unknown
  /** `undefined` where there was no HTTP request: in-process, or on the client's side of a connection. */
  readonly request: ConnectionRequest | undefined
  /** Calls to it wait until it is accepted: to wait for one here would wait forever. */
  readonly connection: PeerHandle<Calls>
  /** Aborted when the handshake takes too long or the connection is lost. */
  readonly signal: AbortSignal
  /** Refuses the connection. With `UNAUTHORIZED` and `FORBIDDEN` the client does not try again by itself. */
  readonly fail: (code: 'UNAUTHORIZED' | 'FORBIDDEN' | 'OVERLOADED', message?: string) => never
}

/** Makes the context of a connection. What it throws refuses the connection; only `fail` says why to the client. */
export type MakeContext<Ctx extends object, Calls extends ContractTree> = (
  info: ContextInfo<Calls>,
) => Ctx | Promise<Ctx>
