// What may come in a time, and messages that use exactly so much of it.
import { DEFAULT_LIMITS, type Frame, FrameType } from '@tautline/core/protocol'
import type { HandClient } from '../hand-client.ts'
import { fill, messageBytesOf } from './filled-messages.ts'
import { add, answerTo, hello, idOf, take } from './limit-frames.ts'
import type { LimitOutcome } from './limit-rule.ts'
import { METERED, type MeteredRates } from './wire-stands.ts'

export interface RateRule {
  readonly name: keyof MeteredRates
  /** Taken past the burst, where a runtime cannot stop reading or had read so much already. */
  readonly credit: number
  /** Counts for the connection alone: whose it is becomes known by it. */
  readonly helloUses: number
  /** Of the call at the end of it, on top of `amount`, where that counts later. */
  readonly askUses: number
  /** Sends exactly so much, and tells what came of the last of it. It is the first that the client sends behind HELLO. */
  use(client: HandClient, amount: number): Promise<LimitOutcome>
}

const MiB = 1024 * 1024
/** As cheap as a frame can be: nothing is made of it. */
const IDLE: Frame = { type: FrameType.Pong, n: 0, t: 0 }
const LAST = idOf(1_000)

export const rateRules: readonly RateRule[] = [
  {
    name: 'messagesPerSecond',
    credit: 8192,
    helloUses: 1,
    askUses: 0,
    async use(client, amount) {
      for (let n = 1; n < amount; n++) client.send(IDLE)
      client.send(add(LAST))
      return answerTo(client, LAST)
    },
  },
  {
    name: 'framesPerSecond',
    credit: 32_768,
    helloUses: 1,
    askUses: 1,
    async use(client, amount) {
      for (let left = amount; left > 0; left -= DEFAULT_LIMITS.framesPerMessage) {
        const length = Math.min(left, DEFAULT_LIMITS.framesPerMessage)
        client.send(...Array.from({ length }, () => IDLE))
      }
      // How many there are in a message is known when it is read: it counts against the next one.
      client.send(add(LAST))
      return answerTo(client, LAST)
    },
  },
  {
    name: 'bytesPerSecond',
    credit: DEFAULT_LIMITS.messageBytes + DEFAULT_LIMITS.inflatedBytes + MiB,
    helloUses: messageBytesOf(0, 0)(hello(undefined)),
    askUses: 0,
    async use(client, amount) {
      let outcome: LimitOutcome = 'served'
      for (let sent = 0, seq = 1; sent < amount; sent += DEFAULT_LIMITS.messageBytes, seq++) {
        const byteLength = Math.min(amount - sent, DEFAULT_LIMITS.messageBytes)
        client.send(fill(byteLength, (bytes) => take(idOf(seq), bytes), messageBytesOf(seq, 1)))
        outcome = await answerTo(client, idOf(seq))
      }
      return outcome
    },
  },
]

/** What comes at once: with a burst of one second, as much as in a second. */
export const burstsOf = ({ name }: RateRule): { readonly connection: number; readonly principal: number } => ({
  connection: METERED.connection[name],
  principal: METERED.principal[name],
})
