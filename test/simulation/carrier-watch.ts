/** I6 where it cannot be seen from outside: nothing is acted on that comes over a transport that was left. */

import type { Session } from '@tautline/core/session'
import type { Carrier } from '../../packages/core/src/peer/carrier.ts'
import { Connection } from '../../packages/core/src/peer/connection.ts'
import { replaceMethod } from './replace-method.ts'

/** Until the function that this returns is called. */
export function watchCarriers(accuse: (text: string) => void): () => void {
  return replaceMethod(Connection.prototype, 'onMessage', (onMessage) => {
    return function (this: Connection<Session>, carrier: Carrier, message: Uint8Array) {
      if (this.transport === carrier.transport) return onMessage.call(this, carrier, message)
      const { messages } = this.stats.received
      onMessage.call(this, carrier, message)
      if (this.stats.received.messages > messages)
        accuse(`a ${this.session.role} takes what came over a transport that it had left`)
    }
  })
}
