// How many connections, calls and messages an address or a principal may have, on the stand where that is little.
import { CloseCode, FrameType } from '@tautline/core/protocol'
import { describe, expect, test } from 'vitest'
import { rawUpgrade } from '../../src/raw-websocket.fixture.ts'
import { serverCapabilities } from '../capabilities.ts'
import { codec, type HandClient, openByHand, plainHello } from '../hand-client.ts'
import { add, answerTo, call, idOf, open } from './limit-frames.ts'
import type { WireBed } from './wire-bed.ts'
import { RATIONS } from './wire-stands.ts'

/** Taken on credit where a runtime cannot stop reading. */
const CREDIT_MESSAGES = 8192
/** So many more attempts are past a rate that has gone on by some, however slow the machine. */
const MANY = 20
/** Some messages beyond what is there at once. */
const BEYOND = 100

export function describeAdmission(bed: WireBed): void {
  let hosts = 1
  /** Each test comes from addresses of its own. */
  const nextAddress = (): string => {
    hosts += 1
    return `127.0.0.${String(hosts)}`
  }
  const upgrade = async (localAddress: string): Promise<Response> => {
    const raw = bed.keep(
      await rawUpgrade({ port: Number(new URL(bed.url('rationed')).port), target: '/rpc', localAddress }),
    )
    return new Response(null, { status: raw.status === 101 ? 200 : raw.status, headers: raw.headers })
  }
  const connect = async (user?: string, localAddress = nextAddress()): Promise<HandClient> => {
    const client = await openByHand(bed.url('rationed'), { localAddress })
    bed.keep(client.raw)
    client.send({
      type: FrameType.Hello,
      hello: { ...plainHello, auth: user === undefined ? undefined : codec.encode(user) },
    })
    return client
  }
  const greet = async (user?: string): Promise<HandClient> => {
    const client = await connect(user)
    expect(await client.next(FrameType.Welcome)).toBeDefined()
    return client
  }

  describe('rations', () => {
    test(`connections of an address: ${RATIONS.connectionsPerAddress} open, one more 503 with Retry-After`, async () => {
      const address = nextAddress()
      for (let n = 0; n < RATIONS.connectionsPerAddress; n++) expect((await upgrade(address)).status).toBe(200)
      const refused = await upgrade(address)
      expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true])
      expect((await upgrade(nextAddress())).status).toBe(200)
    })

    test(`attempts of an address: ${RATIONS.upgradesAtOnce} at once, then 503 with Retry-After`, async () => {
      const address = nextAddress()
      const attempt = async (): Promise<Response> => {
        const response = await upgrade(address)
        bed.release()
        await bed.roundTrips()
        return response
      }
      for (let n = 0; n < RATIONS.upgradesAtOnce; n++) expect((await attempt()).status).toBe(200)
      const more: Response[] = []
      for (let n = 0; n < MANY && more.at(-1)?.status !== 503; n++) more.push(await attempt())
      expect([more.at(-1)?.status, more.at(-1)?.headers.get('retry-after')]).toEqual([503, '1'])
    })

    test(`connections of a principal: ${RATIONS.connectionsPerPrincipal} welcome, one more 4420`, async () => {
      for (let n = 0; n < RATIONS.connectionsPerPrincipal; n++) await greet('ada')
      expect(await (await connect('ada')).end()).toEqual({ code: CloseCode.Throttled, told: CloseCode.Throttled })
      await greet('grace')
    })

    test(`calls of a principal: ${RATIONS.calls} at a time over all connections, one more OVERLOADED`, async () => {
      const [one, other] = [await greet('barbara'), await greet('barbara')]
      for (let n = 0; n < RATIONS.calls - 1; n++) one.send(call(idOf(n), 'hold', undefined))
      one.send(add(idOf(RATIONS.calls)))
      expect(await answerTo(one, idOf(RATIONS.calls))).toBe('served')
      one.send(call(idOf(RATIONS.calls + 1), 'hold', undefined), open(idOf(RATIONS.calls + 2), 'one'))
      expect(await answerTo(one, idOf(RATIONS.calls + 2))).toBe('served')
      other.send(add(1))
      expect(await answerTo(other, 1)).toBe('OVERLOADED')
    })

    test(`streams of a principal: ${RATIONS.streams} at a time, one more OVERLOADED`, async () => {
      const [one, other] = [await greet('edsger'), await greet('edsger')]
      other.send(open(1, 'one'))
      expect(await answerTo(other, 1)).toBe('served')
      expect(await other.find((frame) => frame.type === FrameType.End && frame.id === 1)).toBeDefined()
      one.send(open(1, 'silence'), add(3))
      expect(await answerTo(one, 3)).toBe('served')
      other.send(open(3, 'one'))
      expect(await answerTo(other, 3)).toBe('OVERLOADED')
    })

    test(`fresh credentials: ${RATIONS.renewals} in a minute, one more ${CloseCode.Throttled}`, async () => {
      const client = await greet('grete')
      for (let n = 0; n < RATIONS.renewals; n++) {
        client.send({ type: FrameType.Auth, auth: codec.encode('grete') })
        expect(await client.next(FrameType.AuthOk)).toBeDefined()
      }
      client.send({ type: FrameType.Auth, auth: codec.encode('grete') })
      expect(await client.end()).toEqual({ code: CloseCode.Throttled, told: CloseCode.Throttled })
    })

    test(`messages: ${RATIONS.messagesAtOnce} at once; more are read later, and none is lost`, async () => {
      const limited = async (): Promise<number> => (await bed.usage()).limited.rationed.messagesPerSecond ?? 0
      const before = await limited()
      const polite = await greet()
      // HELLO was one.
      for (let n = 0; n < RATIONS.messagesAtOnce - 1; n++) polite.send(add(idOf(n)))
      expect(await answerTo(polite, idOf(RATIONS.messagesAtOnce - 2))).toBe('served')
      expect(await limited()).toBe(before)

      const hasty = await greet()
      for (let n = 0; n < RATIONS.messagesAtOnce + BEYOND; n++) hasty.send(add(idOf(n)))
      for (let n = 0; n < RATIONS.messagesAtOnce + BEYOND; n++) expect(await answerTo(hasty, idOf(n))).toBe('served')
      expect(await limited()).toBeGreaterThan(before)
    })

    test.runIf(serverCapabilities.pauseReading.on[bed.kind] !== true)(
      `messages where reading cannot stop: what is beyond the credit of ${CREDIT_MESSAGES} is ${CloseCode.Throttled}`,
      async () => {
        const client = await greet()
        const many = RATIONS.messagesAtOnce + CREDIT_MESSAGES + 40 * BEYOND
        for (let n = 0; n < many; n++) client.send({ type: FrameType.Pong, n, t: 0 })
        // Its close may be lost where more comes in meanwhile: a row of the capability table.
        expect([CloseCode.Throttled, 1006]).toContain((await client.end()).code)
      },
    )
  })
}
