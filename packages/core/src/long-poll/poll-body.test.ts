import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex } from '../protocol/vector-notation.fixture.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import {
  decodePollAnswer,
  decodePollRequest,
  encodePollAnswer,
  encodePollRequest,
  type Part,
  PIECE_BYTES,
  PollMode,
  partBytes,
} from './poll-body.ts'
import { POLL_LIMITS } from './poll-limits.ts'

const id = new Uint8Array(16).fill(0xab)
const ID = `c410${'ab'.repeat(16)}`

const piece = (length: number, last = true): Part => ({ type: 'piece', bytes: new Uint8Array(length).fill(7), last })
const close = (reason: string, code = 4000): Part => ({ type: 'close', code, reason })

describe('a body', () => {
  test('comes back as it was', () => {
    const parts = [piece(0), piece(70_000, false), piece(3), close('é')]
    const request = { mode: PollMode.Send, id, seq: 2 ** 40, ack: 2 ** 53 - 1, parts }
    expect(decodePollRequest(encodePollRequest(request))).toEqual(request)
    const answer = { seq: 1, ack: 0, parts }
    expect(decodePollAnswer(encodePollAnswer(answer))).toEqual(answer)
    const empty = { seq: 0, ack: 5, parts: [] }
    expect(decodePollAnswer(encodePollAnswer(empty))).toEqual(empty)
  })

  test('gives out bytes of its own, whatever the runtime hands in', () => {
    const body = encodePollAnswer({ seq: 1, ack: 0, parts: [piece(4)] })
    const [part] = decodePollAnswer(globalThis.Buffer === undefined ? body : globalThis.Buffer.from(body)).parts
    body.fill(0)
    expect(part).toEqual(piece(4))
    expect(part?.type === 'piece' && part.bytes.constructor).toBe(Uint8Array)
  })

  test('with the longest piece is as long as may be, one byte more is refused', () => {
    const numbers = { seq: 2 ** 52, ack: 2 ** 52 }
    const body = encodePollRequest({ mode: PollMode.Send, id, ...numbers, parts: [piece(PIECE_BYTES)] })
    expect(body.byteLength).toBeLessThanOrEqual(POLL_LIMITS.bodyBytes)
    expect(body.byteLength).toBeGreaterThan(POLL_LIMITS.bodyBytes - 16)
    expect(decodePollRequest(body).parts).toHaveLength(1)
    const atLimit = fromHex(`920100 91 9200 c6${(POLL_LIMITS.bodyBytes - 11).toString(16).padStart(8, '0')}`)
    const whole = new Uint8Array(POLL_LIMITS.bodyBytes)
    whole.set(atLimit)
    expect(decodePollAnswer(whole).parts).toHaveLength(1)
    expect(() => decodePollAnswer(new Uint8Array(POLL_LIMITS.bodyBytes + 1))).toThrow(/at most 524288 bytes/)
  })

  test('ignores fields that it does not know, up to sixteen', () => {
    const more = 'a178'.repeat(12)
    expect(decodePollRequest(fromHex(`dc0010 01 ${ID} 01 00 ${more} 91 9300c401ff81a16101`))).toEqual({
      mode: PollMode.Send,
      id,
      seq: 1,
      ack: 0,
      parts: [{ type: 'piece', bytes: Uint8Array.of(0xff), last: true }],
    })
    expect(() => decodePollRequest(fromHex(`dc0011 01 ${ID} 01 00 ${more}c0 91 9200c401ff`))).toThrow(ProtocolViolation)
  })

  test('holds at most 1024 parts', () => {
    const parts = Array.from({ length: POLL_LIMITS.bodyParts }, () => piece(0))
    expect(decodePollAnswer(encodePollAnswer({ seq: 1, ack: 0, parts })).parts).toHaveLength(1024)
    const tooMany = encodePollAnswer({ seq: 1, ack: 0, parts: [...parts, piece(0)] })
    expect(() => decodePollAnswer(tooMany)).toThrow(/`parts` to have at most 1024 entries/)
  })

  test('cuts off the reason of a close, and takes one of 1024 bytes', () => {
    const [cut] = decodePollAnswer(encodePollAnswer({ seq: 1, ack: 0, parts: [close('x'.repeat(5000))] })).parts
    expect(cut?.type === 'close' && cut.reason.length).toBe(341)
    const long = (bytes: number): Uint8Array =>
      fromHex(`920100 91 9302cd0fa0 da${bytes.toString(16).padStart(4, '0')}${'61'.repeat(bytes)}`)
    expect(decodePollAnswer(long(1024)).parts).toHaveLength(1)
    expect(() => decodePollAnswer(long(1025))).toThrow(/at most 1024 bytes/)
  })

  test.each([
    ['nothing', ''],
    ['an id that is too short', `9401 c40f${'ab'.repeat(15)} 0000 90`],
    ['an id that is too long', `9401 c411${'ab'.repeat(17)} 0000 90`],
    ['an unknown mode', `9403 ${ID} 0000 90`],
    ['a header that is too short', `9301 ${ID} 00 90`],
    ['parts without a number', `9401 ${ID} 0000 919200c401ff`],
    ['a number without parts', `9401 ${ID} 0100 90`],
    ['numbers beyond 2^53-1', `9401 ${ID} cf001fffffffffffff 00 919200c401ff`],
    ['a part of an unknown type', `9401 ${ID} 0100 919203c401ff`],
    ['an empty piece with more to follow', `9401 ${ID} 0100 919201c400`],
    ['a close without a reason', `9401 ${ID} 0100 919202cd03e8`],
    ['a close with a code below 1000', `9401 ${ID} 0100 919302cd03e7a0`],
    ['a close with a code above 4999', `9401 ${ID} 0100 919302cd1388a0`],
    ['text in place of bytes', `9401 ${ID} 0100 919200a161`],
    ['more declared than there is', `9401 ${ID} 0100 919200c6ffffffff00`],
    ['bytes behind the end', `9401 ${ID} 0000 90 00`],
  ])('is refused with %s', (_, hex) => {
    expect(() => decodePollRequest(fromHex(hex))).toThrow(ProtocolViolation)
  })

  test('of any bytes is read or refused', () => {
    const good = encodePollRequest({ mode: PollMode.Send, id, seq: 1, ack: 1, parts: [piece(3), close('x')] })
    const edited = fc
      .array(fc.tuple(fc.nat({ max: good.byteLength - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })
      .map((edits) => {
        const bytes = good.slice()
        for (const [at, byte] of edits) bytes[at] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(edited, fc.uint8Array({ maxLength: 64 })), (bytes) => {
        for (const decode of [decodePollRequest, decodePollAnswer]) {
          try {
            decode(bytes)
          } catch (error) {
            if (!(error instanceof ProtocolViolation)) throw error
          }
        }
      }),
      { numRuns: 5000 },
    )
  })

  test('takes no more room than was reckoned', () => {
    for (const part of [
      piece(0),
      piece(255),
      piece(65_536),
      close(''),
      close('é'.repeat(400)),
      close('x'.repeat(900)),
    ]) {
      const without = encodePollAnswer({ seq: 0, ack: 0, parts: [] }).byteLength
      const bytes = encodePollAnswer({ seq: 1, ack: 0, parts: [part] }).byteLength
      expect(bytes - without).toBeLessThanOrEqual(partBytes(part))
    }
  })
})
