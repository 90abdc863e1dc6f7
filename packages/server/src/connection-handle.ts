import type { ContractTree } from '@tautline/core'
import type { PeerHandle } from '@tautline/core/peer'
import type { UpgradeRequest } from './socket.ts'

/** One accepted client. */
export interface ServerConnectionHandle<Ctx extends object, Calls extends ContractTree> extends PeerHandle<Calls> {
  /** What `context` made of it last. */
  readonly context: Ctx
  /** What `principalOf` says of the context. */
  readonly principal: string | undefined
  readonly request: UpgradeRequest
}
