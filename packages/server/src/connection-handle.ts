import type { ContractTree } from '@tautline/core'
import type { PeerHandle, ProcedureCaller } from '@tautline/core/peer'
import type { UpgradeRequest } from './socket.ts'

/** One accepted client. */
export interface ServerConnectionHandle<Ctx extends object, Calls extends ContractTree> extends PeerHandle<Calls> {
  /** What `context` made of it last. */
  readonly context: Ctx
  /** What `principalOf` says of the context. */
  readonly principal: string | undefined
  /** The URL and the headers are made anew each time that they are read. */
  readonly request: UpgradeRequest
}

/** What a handle needs of the connection behind it. */
export interface HandleOwner {
  readonly id: string
  readonly request: UpgradeRequest
  /** Who the client is, as far as the application has said. */
  readonly identity: { readonly context: object; readonly principal: string | undefined }
  createClient(): ProcedureCaller<ContractTree>
  closeNormally(reason: string): void
  terminate(): void
}

/** What the application holds of a connection: no more than it may touch. */
export class OwnedHandle implements ServerConnectionHandle<object, ContractTree> {
  readonly #owner: HandleOwner
  #client: ProcedureCaller<ContractTree> | undefined

  constructor(owner: HandleOwner) {
    this.#owner = owner
  }

  get id(): string {
    return this.#owner.id
  }

  get remoteAddress(): string | undefined {
    return this.#owner.request.remoteAddress
  }

  get request(): UpgradeRequest {
    return this.#owner.request
  }

  get client(): ProcedureCaller<ContractTree> {
    this.#client ??= this.#owner.createClient()
    return this.#client
  }

  get context(): object {
    return this.#owner.identity.context
  }

  get principal(): string | undefined {
    return this.#owner.identity.principal
  }

  close(reason = ''): void {
    this.#owner.closeNormally(reason)
  }

  terminate(): void {
    this.#owner.terminate()
  }
}
