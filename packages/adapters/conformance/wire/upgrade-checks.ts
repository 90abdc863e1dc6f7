import { describe, expect, test } from 'vitest'
import { type ServerKind, serverCapabilities } from '../capabilities.ts'
import { frameBytes, Opcode } from './frame-bytes.ts'
import { outcomeOf, readOutcome } from './frame-outcome.ts'
import { KEY_ACCEPTED, requestBytes } from './request-bytes.ts'
import { type UpgradeOutcome, type UpgradeRule, upgradeRules } from './upgrade-rules.ts'
import { nextFrame, type WireBed } from './wire-bed.ts'

const SWITCHING_PROTOCOLS = 101
const plainRequest = Buffer.from('GET /usage HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')

/** The opening handshake: RFC 6455, 4, and what it stands on. */
export function describeUpgrades(bed: WireBed): void {
  describe('upgrade requests', () => {
    for (const rule of upgradeRules) {
      const expected = expectedOf(rule, bed.kind)
      const verdict = expected === rule.demands ? '' : `; here ${String(expected)}, see the capability table`
      test(`RFC ${rule.rfc}: ${rule.name}: ${String(rule.demands)}${verdict}`, async () => {
        const { status, headers, works } = await ask(bed, rule)
        expect(status).toSatisfy((one: number | undefined) => fits(expected, one))
        expect(works).toBe(status === SWITCHING_PROTOCOLS)
        for (const [name, value] of Object.entries(rule.headers ?? {})) expect(headers?.get(name)).toBe(value)
      })
    }
  })

  describe('upgrade requests on their way through TCP', () => {
    test('byte by byte', async () => {
      const peer = await bed.connect('echo')
      await peer.write(...[...requestBytes()].map((byte) => Buffer.of(byte)))
      expect((await peer.response())?.status).toBe(SWITCHING_PROTOCOLS)
    })

    test('with the first frames in the same segment, the last of them half', async () => {
      const peer = await bed.connect('echo')
      const first = frameBytes(Opcode.Binary, Buffer.from('first'))
      const second = frameBytes(Opcode.Binary, Buffer.from('second'))
      await peer.write(Buffer.concat([requestBytes(), first, second.subarray(0, 8)]))
      expect((await peer.response())?.status).toBe(SWITCHING_PROTOCOLS)
      expect((await nextFrame(peer))?.payload.toString()).toBe('first')
      await peer.write(second.subarray(8))
      expect((await nextFrame(peer))?.payload.toString()).toBe('second')
    })

    test('with a FIN right behind', async () => {
      const peer = await bed.connect('echo')
      await peer.write(requestBytes())
      peer.halfClose()
      await peer.response()
      expect((await readOutcome(peer)).outcome).toBe('dropped')
    })

    // Whether the server has noticed shows when it is to end.
    test('with a reset right behind', async () => {
      for (let n = 0; n < 50; n++) await bed.leaveDuringUpgrade()
    })

    // The bytes are frames by then, and no good ones: of an opcode that does not exist, and not masked.
    test('with a second one right behind', async () => {
      const peer = await bed.connect('echo')
      await peer.write(Buffer.concat([requestBytes(), requestBytes()]))
      expect((await peer.response())?.status).toBe(SWITCHING_PROTOCOLS)
      const broken = serverCapabilities.closeOnViolation.on[bed.kind] === true ? 'closed 1002' : 'dropped'
      expect(await readOutcome(peer)).toEqual({ outcome: broken, before: [] })
    })

    // RFC 9112, 9.3.2: answers come in the order of their requests, or not at all.
    test('behind a request that is not answered yet: answered behind it, or cut', async () => {
      const peer = await bed.connect('main')
      await peer.write(Buffer.concat([plainRequest, requestBytes()]))
      const statuses = [(await peer.response())?.status, (await peer.response())?.status]
      expect([
        [200, SWITCHING_PROTOCOLS],
        [200, undefined],
        [undefined, undefined],
      ]).toContainEqual(statuses)
    })

    test('behind a request that has been answered', async () => {
      const peer = await bed.connect('main')
      await peer.write(plainRequest)
      expect((await peer.response())?.status).toBe(200)
      await peer.write(requestBytes())
      expect((await peer.response())?.status).toBe(SWITCHING_PROTOCOLS)
    })
  })
}

interface UpgradeAnswer {
  /** `undefined` for a connection that ended without an answer. */
  readonly status: number | undefined
  readonly headers: Headers | undefined
  /** Whether there is a WebSocket now: with the right key, and nothing of the request left to be read as frames. */
  readonly works: boolean
}

async function ask(bed: WireBed, rule: UpgradeRule): Promise<UpgradeAnswer> {
  const peer = await bed.connect('echo')
  void peer.write(rule.bytes)
  const answer = await peer.response({ toHead: rule.name.endsWith('HEAD') })
  const accepted = answer?.headers.get('sec-websocket-accept') === KEY_ACCEPTED
  const works = accepted && (await outcomeOf(bed, peer, Buffer.alloc(0))).outcome === 'taken'
  return { status: answer?.status, headers: answer?.headers, works }
}

function fits(expected: UpgradeOutcome, status: number | undefined): boolean {
  const refused = status === undefined || status >= 400
  if (expected === 'answered') return refused || status === SWITCHING_PROTOCOLS
  return expected === 'refused' ? refused : status === expected
}

/** What the RFC demands, or what the server is known to do where a row of the capability table says no. */
function expectedOf({ demands, unless }: UpgradeRule, kind: ServerKind): UpgradeOutcome {
  return unless === undefined || serverCapabilities[unless[0]].on[kind] === true ? demands : unless[1]
}
