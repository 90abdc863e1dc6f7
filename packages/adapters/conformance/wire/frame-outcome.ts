import { frameBytes, Opcode } from './frame-bytes.ts'
import { nextFrame, type WireBed } from './wire-bed.ts'
import type { WireFrame, WirePeer } from './wire-peer.ts'

/**
 * What a server made of bytes. `taken`: it went on, as the echo of a later message shows. `dropped`: the connection ended without a
 * close frame.
 */
export type FrameOutcome = 'taken' | 'dropped' | `closed ${number}`

export interface WhatCame {
  readonly outcome: FrameOutcome
  /** What came before, as `binary 5` or `pong 2`: the kind and the size of the payload. */
  readonly before: readonly string[]
}

const MARKER = Buffer.from('the marker behind it')

/**
 * Sends the bytes, and a message behind them once the server has had time for them: Deno 2.9 drops a connection without the close frame
 * that is due where more comes in meanwhile.
 */
export async function outcomeOf(bed: WireBed, peer: WirePeer, bytes: Uint8Array): Promise<WhatCame> {
  const outcome = readOutcome(peer)
  await peer.write(bytes)
  await bed.roundTrips()
  void peer.write(frameBytes(Opcode.Binary, MARKER))
  return outcome
}

/** Reads until the end, or until the echo of the marker. */
export async function readOutcome(peer: WirePeer): Promise<WhatCame> {
  const before: string[] = []
  for (;;) {
    const frame = await nextFrame(peer)
    if (frame === undefined) return { outcome: 'dropped', before }
    if (frame.opcode === Opcode.Close) return { outcome: `closed ${String(closeCode(frame))}` as FrameOutcome, before }
    if (frame.payload.equals(MARKER)) return { outcome: 'taken', before }
    before.push(`${nameOf(frame.opcode)} ${String(frame.payload.byteLength)}`)
  }
}

/** RFC 6455, 7.1.5: 1005 stands for a close frame without a code. */
export function closeCode({ payload }: WireFrame): number {
  return payload.byteLength < 2 ? 1005 : payload.readUInt16BE()
}

function nameOf(opcode: number): string {
  const [name = String(opcode)] = Object.entries(Opcode).find(([, value]) => value === opcode) ?? []
  return name.toLowerCase()
}
