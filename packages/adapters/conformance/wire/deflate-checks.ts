import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { serverCapabilities } from '../capabilities.ts'
import { closePayload, frameBytes, Opcode } from './frame-bytes.ts'
import { type FrameOutcome, outcomeOf } from './frame-outcome.ts'
import { requestBytes } from './request-bytes.ts'
import type { WireBed } from './wire-bed.ts'
import type { WirePeer } from './wire-peer.ts'
import { ECHO_BYTES } from './wire-stands.ts'

const RSV1 = { rsv: 4 } as const
const TAIL = Buffer.of(0, 0, 0xff, 0xff)
const { Binary, Close, Continuation, Ping, Text } = Opcode

/** RFC 7692, 7.2.1. */
function deflated(bytes: Uint8Array): Buffer {
  const whole = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
  return whole.subarray(0, whole.byteLength - TAIL.byteLength)
}

const hello = deflated(Buffer.from('hello hello hello'))
const beginning = frameBytes(Binary, hello.subarray(0, 3), { ...RSV1, fin: false })
const garbage = frameBytes(Binary, Buffer.alloc(4, 0xff), RSV1)

interface DeflateRule {
  /** With its section of RFC 7692. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly outcome: FrameOutcome
  /** @default nothing */
  readonly answer?: string
}

const rules: readonly DeflateRule[] = [
  {
    name: '7.2.2: a compressed message',
    bytes: frameBytes(Binary, hello, RSV1),
    outcome: 'taken',
    answer: 'binary 17',
  },
  {
    name: '6: a message that is not',
    bytes: frameBytes(Binary, Buffer.from('plain')),
    outcome: 'taken',
    answer: 'binary 5',
  },
  {
    name: '6.2: a compressed message in fragments',
    bytes: Buffer.concat([beginning, frameBytes(Continuation, hello.subarray(3))]),
    outcome: 'taken',
    answer: 'binary 17',
  },
  {
    name: '7.2.3.6: an empty block',
    bytes: frameBytes(Binary, Buffer.of(0), RSV1),
    outcome: 'taken',
    answer: 'binary 0',
  },
  {
    name: '7.2.3.4: a final block',
    bytes: frameBytes(Binary, deflateRawSync(Buffer.from('final')), RSV1),
    outcome: 'taken',
    answer: 'binary 5',
  },
  {
    name: '6.1: RSV1 on a continuation',
    bytes: Buffer.concat([beginning, frameBytes(Continuation, hello.subarray(3), RSV1)]),
    outcome: 'closed 1002',
  },
  { name: '6: RSV1 on a ping', bytes: frameBytes(Ping, hello, RSV1), outcome: 'closed 1002' },
  { name: '6: RSV1 on a close frame', bytes: frameBytes(Close, closePayload(1000), RSV1), outcome: 'closed 1002' },
  { name: '7.2.2: what does not inflate', bytes: garbage, outcome: 'closed 1007' },
  {
    name: '7.2.2: a message that is cut off',
    bytes: frameBytes(Binary, hello.subarray(0, -3), RSV1),
    outcome: 'closed 1007',
  },
  {
    name: '7.2.2: text that is not UTF-8',
    bytes: frameBytes(Text, deflated(Buffer.of(0xff)), RSV1),
    outcome: 'closed 1007',
  },
  {
    name: '8: what inflates to a byte past the limit',
    bytes: frameBytes(Binary, deflated(Buffer.alloc(ECHO_BYTES + 1)), RSV1),
    outcome: 'closed 1009',
  },
]

async function upgradeWithDeflate(peer: WirePeer): Promise<WirePeer> {
  await peer.write(requestBytes({ headers: { 'sec-websocket-extensions': 'permessage-deflate' } }))
  expect((await peer.response())?.headers.get('sec-websocket-extensions')).toContain('permessage-deflate')
  return peer
}

/** Compression by the WebSocket itself, where it is asked for. */
export function describeDeflate(bed: WireBed): void {
  describe.runIf(serverCapabilities.rfc7692.on[bed.kind] === true)('RFC 7692', () => {
    test.each(rules)('$name: $outcome', async ({ bytes, outcome, answer }) => {
      const peer = await upgradeWithDeflate(await bed.connect('deflate'))
      const before = answer === undefined ? [] : [answer]
      expect(await outcomeOf(bed, peer, bytes)).toEqual({ outcome, before })
    })

    test('8: what inflates to the limit: taken, and sent back compressed', async () => {
      const peer = await upgradeWithDeflate(await bed.connect('deflate'))
      await peer.write(frameBytes(Binary, deflated(Buffer.alloc(ECHO_BYTES)), RSV1))
      const frame = await peer.frame()
      expect(frame).toMatchObject({ rsv: 4, masked: false })
      const inflated = inflateRawSync(Buffer.concat([frame?.payload ?? Buffer.alloc(0), TAIL]), {
        finishFlush: constants.Z_SYNC_FLUSH,
      })
      expect(inflated.equals(Buffer.alloc(ECHO_BYTES))).toBe(true)
    })
  })
}
