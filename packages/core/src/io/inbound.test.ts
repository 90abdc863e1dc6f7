import { describe, expect, test } from 'vitest'
import { CloseCode } from '../protocol/close-codes.ts'
import { type Frame, FrameType, type MessageHeader } from '../protocol/frame.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts'
import { joinMessage, MessageBuilder } from '../protocol/message-builder.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import { createHeldCompressor } from './held-compressor.fixture.ts'
import { Inbound, type SizeLimits, WAITING_MESSAGES } from './inbound.ts'
import type { Compressor } from './ports.ts'
import { runLengthCompressor } from './run-length-compressor.fixture.ts'

function bodyOf(...ids: readonly number[]): Uint8Array {
  const builder = new MessageBuilder()
  for (const id of ids) builder.append({ type: FrameType.End, id })
  return builder.takeBody()
}

function headerOf(seq: number, count = 1): MessageHeader {
  return { seq, count, ack: 0 }
}

function plain(seq: number, ...ids: readonly number[]): Uint8Array {
  return joinMessage(headerOf(seq, ids.length), bodyOf(...ids), false)
}

function setUp(limits: Partial<Limits> = {}, compressor?: Compressor, most?: SizeLimits) {
  const log: string[] = []
  const faults: unknown[] = []
  const inbound = new Inbound(
    {
      now: () => 0,
      admit(_, header) {
        log.push(`admit ${header.seq}`)
        return header.seq < 100
      },
      receive(_, header, frames) {
        log.push(`receive ${header.seq}: ${idsOf(frames)}`)
      },
      violated(_, { closeCode }, limit) {
        log.push(`violated ${closeCode}${limit === undefined ? '' : ` by ${limit}`}`)
        inbound.stop()
      },
      onFault: (error) => faults.push(error),
    },
    { ...DEFAULT_LIMITS, ...limits },
    most,
  )
  inbound.decompress(compressor)
  return { inbound, log, faults }
}

function idsOf(frames: readonly Frame[]): string {
  return frames.map((frame) => ('id' in frame ? frame.id : '?')).join()
}

describe('Inbound', () => {
  test('takes an uncompressed message apart at once', () => {
    const { inbound, log } = setUp()
    inbound.push(plain(1, 7, 9))
    expect(log).toEqual(['admit 1', 'receive 1: 7,9'])
  })

  test('spends nothing on the body of a message that is not admitted', () => {
    const { inbound, log } = setUp()
    inbound.push(joinMessage(headerOf(100), Uint8Array.of(0xc1), true))
    expect(log).toEqual(['admit 100'])
  })

  test('ends with 4422 on bytes that are no message, and takes nothing after it', () => {
    const { inbound, log } = setUp()
    inbound.push(Uint8Array.of(0xc1))
    inbound.push(plain(1, 7))
    expect(log).toEqual(['violated 4422'])
  })

  test('takes a message of the largest size and ends with 4413 on one byte more', () => {
    const message = plain(1, 7)
    const atLimit = setUp({ messageBytes: message.byteLength })
    atLimit.inbound.push(message)
    expect(atLimit.log).toEqual(['admit 1', 'receive 1: 7'])
    const pastLimit = setUp({ messageBytes: message.byteLength - 1 })
    pastLimit.inbound.push(message)
    expect(pastLimit.log).toEqual(['violated 4413 by messageBytes'])
  })

  test('takes messages that arrive while one is being handled after it', () => {
    const { inbound, log } = setUp()
    const nested = new Inbound(
      {
        now: () => 0,
        admit: () => true,
        receive(_, header, frames) {
          log.push(`begin ${header.seq}`)
          if (header.seq === 1) nested.push(plain(2, 9))
          log.push(`end ${header.seq}: ${idsOf(frames)}`)
        },
        violated: () => {},
        onFault: () => {},
      },
      DEFAULT_LIMITS,
    )
    inbound.stop()
    nested.push(plain(1, 7))
    expect(log).toEqual(['begin 1', 'end 1: 7', 'begin 2', 'end 2: 9'])
  })

  test('passes on what fails inside as a fault, not as a violation', () => {
    const failure = new Error('bug')
    const faults: unknown[] = []
    const inbound = new Inbound(
      {
        now: () => 0,
        admit: () => true,
        receive: () => {
          throw failure
        },
        violated: () => faults.push('violated'),
        onFault: (error) => faults.push(error),
      },
      DEFAULT_LIMITS,
    )
    inbound.push(plain(1, 7))
    expect(faults).toEqual([failure])
  })

  test('adopts the limits that both ends agreed on', () => {
    const { inbound, log } = setUp()
    inbound.limit({ ...DEFAULT_LIMITS, framesPerMessage: 1 })
    inbound.push(plain(1, 7, 9))
    expect(log).toEqual(['violated 4413 by framesPerMessage'])
  })
})

describe('Inbound with compression', () => {
  test('ends with 4400 when no compression was agreed', () => {
    const { inbound, log } = setUp()
    inbound.push(joinMessage(headerOf(1), Uint8Array.of(1, 2, 3), true))
    expect(log).toEqual(['admit 1', 'violated 4400'])
  })

  test('inflates at once where the compressor does', () => {
    const { inbound, log } = setUp({}, runLengthCompressor)
    inbound.push(joinMessage(headerOf(1), runLengthCompressor.deflate(bodyOf(7)), true))
    expect(log).toEqual(['admit 1', 'receive 1: 7'])
    expect(inbound.stats).toMatchObject({ messages: 1, bodyBytes: bodyOf(7).byteLength })
  })

  test('bounds the inflated size by bytes and by ratio', () => {
    const bounds: number[] = []
    const compressor: Compressor = {
      algorithm: 'deflate-raw',
      deflate: (body) => body,
      inflate(_body, maxBytes) {
        bounds.push(maxBytes)
        return bodyOf(7)
      },
    }
    const { inbound } = setUp({ inflatedBytes: 1000 }, compressor)
    inbound.push(joinMessage(headerOf(1), new Uint8Array(3), true))
    inbound.push(joinMessage(headerOf(2), new Uint8Array(4), true))
    expect(bounds).toEqual([768, 1000])
  })

  test.each([
    [3, 'inflateRatio'],
    [4, 'inflatedBytes'],
  ])('says which of the two a body of %i bytes has passed: %s', (byteLength, limit) => {
    const compressor: Compressor = {
      algorithm: 'deflate-raw',
      deflate: (body) => body,
      inflate() {
        throw new ProtocolViolation(CloseCode.TooLarge, 'too much')
      },
    }
    const { inbound, log } = setUp({ inflatedBytes: 1000 }, compressor)
    inbound.push(joinMessage(headerOf(1), new Uint8Array(byteLength), true))
    expect(log).toEqual(['admit 1', `violated 4413 by ${limit}`])
  })

  test('tells what a body was inflated to while it is received', () => {
    const sizes: number[] = []
    const inbound = new Inbound(
      {
        now: () => 0,
        admit: () => true,
        receive: (self) => void sizes.push(self.inflatedBytes),
        violated() {},
        onFault() {},
      },
      DEFAULT_LIMITS,
    )
    inbound.decompress(runLengthCompressor)
    inbound.push(joinMessage(headerOf(1), runLengthCompressor.deflate(bodyOf(7)), true))
    inbound.push(plain(2, 9))
    expect(sizes).toEqual([bodyOf(7).byteLength, 0])
  })

  test('follows what the peer announces, up to what it was told', () => {
    const { inbound, log } = setUp({}, undefined, { framesPerMessage: 2 })
    inbound.limit({ ...DEFAULT_LIMITS, framesPerMessage: 2 ** 40 })
    inbound.push(plain(1, 7, 9))
    inbound.push(plain(3, 11, 13, 15))
    expect(log).toEqual(['admit 1', 'receive 1: 7,9', 'violated 4413 by framesPerMessage'])
  })

  test('keeps the order when inflating takes time, and looks at no header before its turn', async () => {
    const compressor = createHeldCompressor()
    const { inbound, log } = setUp({}, compressor)
    const first = compressor.deflate(bodyOf(7))
    await compressor.release()
    const second = compressor.deflate(bodyOf(11))
    await compressor.release()
    inbound.push(joinMessage(headerOf(1), await first, true))
    inbound.push(plain(2, 9))
    inbound.push(joinMessage(headerOf(3), await second, true))
    inbound.push(plain(4, 13))
    expect(log).toEqual(['admit 1'])
    await compressor.release()
    expect(log).toEqual(['admit 1', 'receive 1: 7', 'admit 2', 'receive 2: 9', 'admit 3'])
    await compressor.release()
    expect(log.slice(5)).toEqual(['receive 3: 11', 'admit 4', 'receive 4: 13'])
  })

  test('is ready only when everything that arrived is decoded', async () => {
    const compressor = createHeldCompressor()
    const { inbound, log } = setUp({}, compressor)
    const body = compressor.deflate(bodyOf(7))
    await compressor.release()
    inbound.push(joinMessage(headerOf(1), await body, true))
    inbound.push(plain(2, 9))
    inbound.whenReady(() => log.push('ready'))
    await compressor.release()
    expect(log.slice(-2)).toEqual(['receive 2: 9', 'ready'])
  })

  test('drops what waits when it is stopped', async () => {
    const compressor = createHeldCompressor()
    const { inbound, log } = setUp({}, compressor)
    inbound.push(joinMessage(headerOf(1), new Uint8Array(4), true))
    inbound.push(plain(2, 9))
    inbound.stop()
    await compressor.release()
    expect(log).toEqual(['admit 1'])
  })

  test('lets so many bytes wait for decoding and not one more', () => {
    const message = plain(2, 9)
    const messageBytes = message.byteLength
    const { inbound, log } = setUp({ messageBytes }, createHeldCompressor())
    inbound.push(joinMessage(headerOf(1), new Uint8Array(1), true))
    for (let waiting = 0; waiting < WAITING_MESSAGES; waiting++) inbound.push(message)
    expect(log).toEqual(['admit 1'])
    inbound.push(Uint8Array.of(0))
    expect(log).toEqual(['admit 1', 'violated 4413 by undecodedBytes'])
  })
})
