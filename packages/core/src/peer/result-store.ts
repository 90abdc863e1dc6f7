/**
 * Where the results of calls with an idempotency key are kept, so that each runs once and its result is given again.
 *
 * A port: several server processes that share one store share its keys. All that a store must be able to do at once, without
 * anything in between, is `claim`; with Redis that is `SET key value NX` and a `GET` where it fails, in one script.
 */
import type { Payload } from '../protocol/frame.ts'
import type { MaybePromise } from './maybe-promise.ts'

/** What came of a run. Payloads are plain MessagePack, and not to be looked into. */
export type StoredResult =
  | { readonly type: 'ok'; readonly output: Payload | undefined }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly data: Payload | undefined }
  /** It was begun, and what came of it is not known, or was too large to be kept. */
  | { readonly type: 'lost' }

export interface Claim {
  /** Names this claim, and no other that any process makes. */
  readonly owner: string
  /** Stands for the input, of at most 64 characters. To be given back with the key, and not to be looked into. */
  readonly fingerprint: string
}

export type ClaimAnswer =
  /** The key was free, and belongs to the claim from now on. */
  | { readonly type: 'claimed' }
  /** Somebody else holds it: asked again after a while. */
  | { readonly type: 'running'; readonly fingerprint: string }
  | { readonly type: 'finished'; readonly fingerprint: string; readonly result: StoredResult }
  /** There is no room for another key: nothing is run. */
  | { readonly type: 'full' }

/** What throws or rejects is reported. Where that is `claim`, nothing is run, and the caller is told `OVERLOADED`. */
export interface ResultStore {
  /**
   * Takes the key for a run, unless it is taken: of any number of claims at the same time one is answered with `claimed`.
   *
   * A claim must stay until it is completed or released, since a key that comes free is run again. The claim of a process
   * that died is neither: a store that outlives processes answers one that is older than any run may take with
   * `finished` and `lost`, and forgets it after the lifetime of a result.
   * @param key names principal, procedure and idempotency key, in some kilobytes at most
   */
  claim(key: string, claim: Claim): MaybePromise<ClaimAnswer>
  /**
   * Keeps the result in place of the claim, for as long as results live. One that is too large is kept as `lost`: the key
   * stays taken. Does nothing where the claim is not, or no longer, `owner`'s.
   */
  complete(key: string, owner: string, result: StoredResult): MaybePromise<void>
  /** Nothing has run: the key is free again. Does nothing where the claim is not `owner`'s. */
  release(key: string, owner: string): MaybePromise<void>
}
