import { describe, expect, test } from 'vitest'
import { type ServerKind, serverCapabilities } from '../capabilities.ts'
import { closePayload, fragments, frameBytes, Opcode } from './frame-bytes.ts'
import { closeCode, outcomeOf, readOutcome, type WhatCame } from './frame-outcome.ts'
import type { FrameRule } from './frame-rule.ts'
import { frameRules } from './frame-rules.ts'
import { nextFrame, type WireBed } from './wire-bed.ts'
import { ECHO_BYTES } from './wire-stands.ts'

/** RFC 6455 from its fifth section on. */
export function describeFrames(bed: WireBed): void {
  const { kind } = bed
  const refusesEarly = serverCapabilities.boundedMessages.on[kind] === true

  describe('RFC 6455, frames', () => {
    for (const rule of frameRules) {
      const expected = expectedOf(rule, kind)
      const verdict = expected.outcome === rule.demands ? '' : `; here ${expected.outcome}, see the capability table`
      test(`${rule.section}: ${rule.name}: ${rule.demands}${verdict}`, async () => {
        expect(await outcomeOf(bed, await bed.upgrade('echo'), rule.bytes)).toEqual(expected)
      })
    }

    test('5.4: a message cut anywhere on its way through TCP: taken', async () => {
      const peer = await bed.upgrade('echo')
      const bytes = fragments(Buffer.from('abc'), [1, 2], frameBytes(Opcode.Ping, Buffer.from('p')))
      await peer.write(...[...bytes].map((byte) => Buffer.of(byte)))
      expect((await nextFrame(peer))?.payload.toString()).toBe('p')
      expect((await nextFrame(peer))?.payload.toString()).toBe('abc')
    })

    test('5.5.3: a pong brings back the bytes of its ping', async () => {
      const peer = await bed.upgrade('echo')
      const payload = Buffer.from(Array.from({ length: 125 }, (_, n) => n * 2))
      await peer.write(frameBytes(Opcode.Ping, payload))
      expect(await nextFrame(peer)).toMatchObject({ opcode: Opcode.Pong, payload })
    })

    test.each([
      ['a frame', frameBytes(Opcode.Binary, Buffer.alloc(0), { declaredBytes: BigInt(ECHO_BYTES) + 1n })],
      ['fragments', frameBytes(Opcode.Binary, Buffer.alloc(ECHO_BYTES), { fin: false })],
    ])(
      `10.4: %s past the limit: ${refusesEarly ? 'refused' : 'not refused'} before the rest has come`,
      async (name, bytes) => {
        const peer = await bed.upgrade('echo')
        const outcome = readOutcome(peer).then((came) => came.outcome)
        await peer.write(bytes)
        if (name === 'fragments') await peer.write(frameBytes(Opcode.Continuation, Buffer.of(1), { fin: false }))
        const waits = bed.roundTrips().then(() => 'waits')
        const came = refusesEarly ? outcome : Promise.race([outcome, waits])
        expect(await came).toBe(refusesEarly ? 'closed 1009' : 'waits')
      },
    )
  })

  describe('RFC 6455, 7: closing', () => {
    test('7.1.1: the server ends TCP when both have said it, and no byte comes behind its close frame', async () => {
      const peer = await bed.upgrade('echo')
      await peer.write(frameBytes(Opcode.Close, closePayload(4321, 'done')), frameBytes(Opcode.Binary, Buffer.of(1)))
      const frame = await nextFrame(peer)
      expect(frame?.opcode === Opcode.Close && closeCode(frame)).toBe(4321)
      expect(await nextFrame(peer)).toBeUndefined()
    })

    test('7.1.2: the server closes, and ends TCP when that is answered', async () => {
      const peer = await bed.upgrade('main')
      await peer.write(frameBytes(Opcode.Text, Buffer.from('no such message')))
      const { outcome } = await readOutcome(peer)
      expect(outcome).toBe('closed 4422')
      await peer.write(frameBytes(Opcode.Close, closePayload(4422)))
      expect(await nextFrame(peer)).toBeUndefined()
    })

    test.each([
      ['nothing', Buffer.alloc(0), []],
      ['a message', frameBytes(Opcode.Binary, Buffer.from('last')), ['binary 4']],
      ['half a frame', frameBytes(Opcode.Binary, Buffer.from('last')).subarray(0, 7), []],
      ['half a message', frameBytes(Opcode.Binary, Buffer.from('last'), { fin: false }), []],
    ])('7.1.7: a FIN behind %s ends the other direction too', async (_, bytes, answers) => {
      const peer = await bed.upgrade('echo')
      await peer.write(bytes)
      peer.halfClose()
      expect(await readOutcome(peer)).toEqual({ outcome: 'dropped', before: answers })
    })

    test('7.2.1: a reset costs nothing but the connection', async () => {
      const before = (await bed.usage()).connections
      const peers = await Promise.all(Array.from({ length: 20 }, () => bed.upgrade('main')))
      await expect.poll(async () => (await bed.usage()).connections).toBe(before + peers.length)
      for (const peer of peers) {
        await peer.write(frameBytes(Opcode.Binary, Buffer.alloc(100)).subarray(0, 50))
        peer.reset()
      }
      await expect.poll(async () => (await bed.usage()).connections).toBe(before)
    })
  })
}

/** What the RFC demands, or what the runtime is known to do where a row of the capability table says no. */
function expectedOf({ demands, answers = [], unless }: FrameRule, kind: ServerKind): WhatCame {
  if (unless === undefined || serverCapabilities[unless[0]].on[kind] === true)
    return { outcome: demands, before: answers }
  return { outcome: unless[1], before: unless[2] ?? [] }
}
