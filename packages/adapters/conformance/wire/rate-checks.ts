// How fast a connection or a principal may send, on the stand where that is slow and time stands still.
import { CloseCode, FrameType } from '@tautline/core/protocol'
import type { LimitName } from '@tautline/server'
import { describe, expect, test } from 'vitest'
import { serverCapabilities } from '../capabilities.ts'
import { codec, greetByHand, type HandClient } from '../hand-client.ts'
import { add, answerTo, idOf } from './limit-frames.ts'
import { closedWith, type LimitOutcome } from './limit-rule.ts'
import { burstsOf, type RateRule, rateRules } from './rate-rules.ts'
import type { WireBed } from './wire-bed.ts'

interface Usage {
  /** Who has used it, the last one first. */
  readonly clients: readonly HandClient[]
  readonly outcome: LimitOutcome
}

/** A connection or a principal under a rule. */
interface RatedParty {
  readonly burst: number
  readonly credit: number
  readonly counted: LimitName
  /** Somebody new uses so much. */
  use(amount: number): Promise<Usage>
}

/** Asked behind what is used. */
const NEXT = idOf(2_000)
const LATER = idOf(2_001)

function ask(client: HandClient, id: number): Promise<LimitOutcome> {
  client.send(add(id))
  return answerTo(client, id)
}

export function describeRates(bed: WireBed): void {
  const canStop = serverCapabilities.pauseReading.on[bed.kind] === true
  let principals = 0
  /** Each test has some of its own. */
  const newPrincipal = (): string => {
    principals += 1
    return `principal ${String(principals)}`
  }

  const greet = async (user?: string): Promise<HandClient> => {
    const auth = user === undefined ? undefined : codec.encode(user)
    const client = await greetByHand(bed.url('metered'), { auth })
    bed.keep(client.raw)
    return client
  }

  const connectionUnder = (rule: RateRule): RatedParty => ({
    burst: burstsOf(rule).connection,
    credit: rule.credit,
    counted: rule.name,
    async use(amount) {
      const client = await greet()
      return { clients: [client], outcome: await rule.use(client, amount - rule.helloUses) }
    },
  })

  /** Over two connections, of which neither comes near what it may send alone. */
  const principalUnder = (rule: RateRule): RatedParty => ({
    burst: burstsOf(rule).principal,
    credit: rule.credit,
    counted: `${rule.name}PerPrincipal`,
    async use(amount) {
      const user = newPrincipal()
      const [first, second] = [await greet(user), await greet(user)]
      const half = Math.floor(amount / 2)
      expect(await rule.use(first, half)).toBe('served')
      return { clients: [second, first], outcome: await rule.use(second, amount - half - rule.askUses) }
    },
  })

  const parties = rateRules.flatMap((rule) => [connectionUnder(rule), principalUnder(rule)])

  describe.each(parties)('rates: $counted', (party) => {
    const { burst, credit, counted } = party
    const limited = async (): Promise<number> => (await bed.usage()).limited.metered[counted] ?? 0

    test(`${burst} at once, one more on credit${canStop ? ', and then nothing is read until there is room' : ''}`, async () => {
      const before = await limited()
      expect((await party.use(burst)).outcome).toBe('served')
      expect(await limited()).toBe(before)

      const { clients, outcome } = await party.use(burst + 1)
      // On credit: it had been read.
      expect([outcome, await limited()]).toEqual(['served', before + 1])

      // Another connection of the principal goes on until its own next message.
      for (const client of clients.slice(1)) expect(await ask(client, NEXT)).toBe('served')
      expect(await limited()).toBe(before + clients.length)
      const unread = clients.map((client) => ask(client, LATER))
      expect(await ask(await greet(newPrincipal()), NEXT)).toBe('served')
      const meanwhile = bed.roundTrips().then(() => 'unread')
      expect(await (canStop ? Promise.race([...unread, meanwhile]) : unread[0])).toBe(canStop ? 'unread' : 'served')
      await bed.passSecond()
      expect(await Promise.all(unread)).toEqual(clients.map(() => 'served'))
    })

    test.runIf(!canStop)(
      `${credit} on credit where reading cannot stop, one more ${CloseCode.Throttled}, to be tried again`,
      async () => {
        expect((await party.use(burst + credit)).outcome).toBe('served')
        const { clients, outcome } = await party.use(burst + credit + 1)
        expect(outcome).toBe(closedWith(CloseCode.Throttled))
        expect(await clients[0]?.next(FrameType.Close)).toMatchObject({ code: CloseCode.Throttled, retry: true })
      },
    )
  })
}
