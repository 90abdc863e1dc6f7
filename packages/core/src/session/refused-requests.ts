import { ERROR_MESSAGES } from '../contract/error-messages.ts'
import type { CallFrame, CancelFrame, ListenFrame, OpenFrame } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import type { Effect } from './effect.ts'
import type { IncomingTable } from './incoming-requests.ts'
import { PeerIds } from './peer-ids.ts'
import type { RequestKind } from './request.ts'

/**
 * In place of `IncomingRequests` where this end serves nothing, so that a client of that kind need not carry it: all that the
 * peer asks for is an unknown procedure, and nothing of it is ever under way.
 */
export class RefusedRequests implements IncomingTable {
  readonly #ids: PeerIds

  constructor(firstId: number) {
    this.#ids = new PeerIds(firstId)
  }

  onCall({ id }: CallFrame, _now: number, effects: Effect[]): void {
    this.#refuse('call', id, effects)
  }

  onOpen({ id }: OpenFrame, _now: number, effects: Effect[]): void {
    this.#refuse('stream', id, effects)
  }

  onListen({ id }: ListenFrame, _now: number, effects: Effect[]): void {
    this.#refuse('topic', id, effects)
  }

  onCancel({ id }: CancelFrame): void {
    this.#ids.expectUsed(id)
  }

  findStream(id: number): undefined {
    this.#ids.expectUsed(id)
  }

  stats(): Readonly<Record<RequestKind, number>> {
    return NONE
  }

  get(): undefined {}
  open(): void {}
  timedOut(): void {}
  succeed(): undefined {}
  fail(): void {}
  end(): void {}
  clear(): void {}

  #refuse(kind: RequestKind, id: number, effects: Effect[]): void {
    this.#ids.use(kind, id)
    const code = 'UNKNOWN_PROCEDURE'
    effects.push({
      type: 'send',
      frame: { type: FrameType.Error, id, code, message: ERROR_MESSAGES[code], data: undefined },
    })
  }
}

const NONE = { call: 0, stream: 0, topic: 0 }
