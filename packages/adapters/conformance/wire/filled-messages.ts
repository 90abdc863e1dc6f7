// Messages and bodies of exactly the wanted size.
import { constants, deflateRawSync } from 'node:zlib'
import { type Frame, joinMessage, MessageBuilder } from '@tautline/core/protocol'
import { noise } from '../samples.ts'
import { take } from './limit-frames.ts'

/** One frame with bytes in it, as many as its message or body needs to have the given size. */
export function fill(
  byteLength: number,
  frameOf: (bytes: Uint8Array) => Frame,
  sizeOf: (frame: Frame) => number,
): Frame {
  // The head of the bytes has one size around the one that is wanted.
  const probe = Math.floor(byteLength * 0.9)
  return frameOf(new Uint8Array(byteLength - (sizeOf(frameOf(new Uint8Array(probe))) - probe)))
}

function bodyOf(frame: Frame): Uint8Array {
  const builder = new MessageBuilder()
  builder.append(frame)
  return builder.takeBody()
}

export const messageBytesOf = (seq: number, count: number) => (frame: Frame) =>
  joinMessage({ seq, count, ack: 0 }, bodyOf(frame), false).byteLength

/** The body of a call, of which so many bytes of noise are all that does not deflate to nearly nothing. */
export function compressibleBody(byteLength: number, noiseBytes: number): Uint8Array {
  const frame = fill(
    byteLength,
    (bytes) => take(1, fillIn(bytes, noiseBytes)),
    (one) => bodyOf(one).byteLength,
  )
  return bodyOf(frame)
}

function fillIn(bytes: Uint8Array, noiseBytes: number): Uint8Array {
  bytes.set(noise(Math.min(noiseBytes, bytes.byteLength)))
  return bytes
}

const EMPTY_BLOCK = Buffer.of(0, 0, 0, 0xff, 0xff)
const LAST_BLOCK = Buffer.of(3, 0)

/** A body of the size, deflated to exactly so many bytes: what is missing is made up of empty blocks. */
export function deflatedTo(byteLength: number, deflatedBytes: number): Uint8Array {
  for (let noiseBytes = deflatedBytes - 4096; noiseBytes > 0; noiseBytes -= 1) {
    const body = compressibleBody(byteLength, noiseBytes)
    const start = deflateRawSync(body, { finishFlush: constants.Z_SYNC_FLUSH })
    const missing = deflatedBytes - start.byteLength - LAST_BLOCK.byteLength
    if (missing >= 0 && missing % EMPTY_BLOCK.byteLength === 0) {
      const blocks = Array<Uint8Array>(missing / EMPTY_BLOCK.byteLength).fill(EMPTY_BLOCK)
      return Buffer.concat([start, ...blocks, LAST_BLOCK])
    }
  }
  throw new Error(`Expected ${byteLength} bytes to deflate to ${deflatedBytes}`)
}
