/** Ways to break what keeps the promises, each of which the simulation has to find. */
import { createReconnectPolicy, type ReconnectPolicy } from '@tautline/core/session'
import { Outbox } from '../../packages/core/src/io/outbox.ts'
import { Replay } from '../../packages/core/src/io/replay.ts'
import { Carrier } from '../../packages/core/src/peer/carrier.ts'
import { Connection } from '../../packages/core/src/peer/connection.ts'
import { BaseSession } from '../../packages/core/src/session/base-session.ts'
import { Sequence } from '../../packages/core/src/session/sequence.ts'
import { type ResumableSession, SessionRegistry } from '../../packages/server/src/session-registry.ts'
import { SessionTicket } from '../../packages/server/src/session-ticket.ts'
import { replaceMethod } from './replace-method.ts'

export interface Saboteur {
  /** Behind "a line that ". */
  readonly deed: string
  /** Begins, and returns what ends it. */
  readonly begin: () => () => void
}

export const SABOTEURS: readonly Saboteur[] = [
  {
    deed: 'sends nothing again',
    begin: () =>
      replaceMethod(Outbox.prototype, 'resend', () => {
        return function (this: Outbox, number) {
          this.acknowledged(number)
        }
      }),
  },
  {
    deed: 'takes what it has had before',
    begin: () =>
      replaceMethod(Sequence.prototype, 'admit', (admit) => {
        return function (this: Sequence, header, byteLength, now) {
          admit.call(this, header, byteLength, now)
          return 'accept'
        }
      }),
  },
  {
    deed: 'listens to connections that it has left',
    begin: () => {
      const restore = [
        replaceMethod(Connection.prototype, 'isCarriedBy', () => () => true),
        replaceMethod(Carrier.prototype, 'close', () => {
          return function (this: Carrier, code, reason) {
            this.closeSoon(code, reason)
            this.transport?.close(code, reason)
          }
        }),
      ]
      return () => {
        for (const one of restore) one()
      }
    },
  },
  {
    deed: 'forgets the token before the last at once',
    begin: () =>
      replaceMethod(SessionTicket.prototype, 'issue', (issue) => {
        return function (this: SessionTicket, shown) {
          const token = issue.call(this, shown)
          this.confirm()
          return token
        }
      }),
  },
  {
    deed: 'acknowledges one frame more than it has',
    begin: () =>
      replaceMethod(Sequence.prototype, 'repeat', (repeat) => {
        return function (this: Sequence, seq, count, byteLength) {
          const header = repeat.call(this, seq, count, byteLength)
          return { ...header, ack: header.ack + 1 }
        }
      }),
  },
  {
    deed: 'keeps nothing of what it sends',
    begin: () => replaceMethod(Replay.prototype, 'keep', () => () => {}),
  },
  {
    deed: 'sends whatever the window is',
    begin: () => replaceMethod(Replay.prototype, 'roomBytes', () => () => Number.POSITIVE_INFINITY),
  },
  {
    deed: 'forgets what was under way when its connection is lost',
    begin: () =>
      replaceMethod(BaseSession.prototype, 'transportClosed', (transportClosed) => {
        return function (this: BaseSession, code, now) {
          transportClosed.call(this, code, now)
          if (this.state === 'detached') this.cancel(1, now)
        }
      }),
  },
  {
    deed: 'loses sessions that wait',
    begin: () =>
      replaceMethod(SessionRegistry.prototype, 'detach', () => {
        return function (this: SessionRegistry<ResumableSession>, session: ResumableSession) {
          this.remove(session)
        }
      }),
  },
  {
    deed: 'calls everything unsent',
    begin: () => replaceMethod(Connection.prototype, 'isUnsent', () => () => true),
  },
  {
    deed: 'does not wait before it dials again',
    begin: () =>
      replaceMethod(policyPrototype(), 'nextDeadline', (nextDeadline) => {
        return function (this: ReconnectPolicy) {
          const at = nextDeadline.call(this)
          return at === undefined ? undefined : Math.min(at, this.status.since + 1)
        }
      }),
  },
]

function policyPrototype(): ReconnectPolicy {
  return Object.getPrototypeOf(createReconnectPolicy(() => 0)) as ReconnectPolicy
}
