// WebSocket frames as the adapter for node:http reads them: any bytes, in any pieces, beside the reader of `ws`.
import type { Writable } from 'node:stream'
import * as ws from 'ws'
import { type FrameListener, FrameReader } from '../../../packages/adapters/src/node/websocket/frame-reader.ts'
import type { FuzzInput, FuzzTarget } from '../fuzz-target.ts'
import { same } from './same.ts'
import { stepsOf } from './talk.ts'

/** What the first byte of a step chooses; the second is the first byte of a frame, or how many bytes of a frame are in a piece. */
const Step = { Raw: 0, Frame: 1, Piece: 2 } as const
const KINDS = 3
const MAX_BYTES = 70_000
const MOST_FRAMES = 16 * 1024

/** Exported, and missing in the types. */
const { Receiver } = ws as unknown as {
  readonly Receiver: new (options: Readonly<Record<string, unknown>>) => Writable
}

type Told = readonly [what: string, ...details: unknown[]]

const text = (bytes: string): Uint8Array => new TextEncoder().encode(bytes)
const step = (kind: number, argument: number, bytes: readonly number[] | Uint8Array): Uint8Array =>
  Uint8Array.of(kind, argument, ...bytes)

export const target: FuzzTarget = {
  seeds: [
    [step(Step.Frame, 0x82, text('binary'))],
    [step(Step.Piece, 3, []), step(Step.Frame, 0x82, text('in pieces'))],
    [step(Step.Frame, 0x02, text('in ')), step(Step.Frame, 0x89, text('ping')), step(Step.Frame, 0x80, text('parts'))],
    [step(Step.Frame, 0x81, text('text')), step(Step.Frame, 0x88, [0x03, 0xe8, ...text('done')])],
    [step(Step.Frame, 0x01, [0xe2, 0x82]), step(Step.Frame, 0x80, [0xac])],
    [step(Step.Frame, 0x8a, []), step(Step.Frame, 0x88, [])],
    [step(Step.Frame, 0x82, new Uint8Array(66_000)), step(Step.Frame, 0x82, new Uint8Array(300))],
    stepsOf(Step.Raw, 0, [Uint8Array.of(0x82, 0xfe, 0, 1, 1, 2, 3, 4, 5), Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 1)]),
  ],
  maxSteps: 16,
  headBytes: 2,
  longestBytes: 100_000,
  async run(input: FuzzInput) {
    const pieces = piecesOf(input)
    const ours = readByUs(pieces)
    const theirs = await readByWs(pieces)
    if (!same(ours, theirs)) {
      throw new Error(`Expected what ws tells, ${JSON.stringify(theirs)}, got ${JSON.stringify(ours)}`)
    }
  },
  cause(input: FuzzInput) {
    readByUs(piecesOf(input))
  },
}

function piecesOf(input: FuzzInput): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  let pieceBytes = Infinity
  for (const [kind = 0, argument = 0, ...bytes] of input) {
    if (kind % KINDS === Step.Piece) pieceBytes = argument === 0 ? Infinity : argument
    const whole = Uint8Array.from(kind % KINDS === Step.Frame ? frame(argument, bytes) : bytes)
    // What has as many pieces as it likes comes in few: the other reader takes a turn for each.
    const size = Math.max(pieceBytes, Math.ceil(whole.byteLength / 64))
    for (let at = 0; at < whole.byteLength; at += size) pieces.push(whole.slice(at, at + size))
  }
  return pieces
}

function frame(first: number, payload: readonly number[]): readonly number[] {
  const { length } = payload
  const mask = [length, 2, 3, 4].map((byte) => byte & 0xff)
  const head = [first, ...lengthOf(length), ...mask]
  return head.concat(payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)))
}

function lengthOf(length: number): readonly number[] {
  if (length < 126) return [0x80 | length]
  if (length < 65_536) return [0xfe, length >> 8, length & 0xff]
  return [0xff, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff]
}

function readByUs(pieces: readonly Uint8Array[]): readonly Told[] {
  const told: Told[] = []
  const tell = (...entry: Told): void => void told.push(entry)
  const listener: FrameListener = {
    message: (bytes) => tell('message', Buffer.from(bytes).toString('hex')),
    text: () => tell('text'),
    ping: (payload) => tell('ping', Buffer.from(payload).toString('hex')),
    peerClosed: (code, reason) => tell('closed', code, reason),
    violation: (code) => tell('violation', code),
  }
  const reader = new FrameReader(listener, MAX_BYTES)
  // Of its own: masks are taken off in place.
  for (const piece of pieces) reader.read(piece.slice())
  return told
}

async function readByWs(pieces: readonly Uint8Array[]): Promise<readonly Told[]> {
  const told: Told[] = []
  const tell = (...entry: Told): void => void told.push(entry)
  const receiver = new Receiver({ isServer: true, maxPayload: MAX_BYTES, maxFragments: MOST_FRAMES })
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) tell('message', data.toString('hex'))
    else tell('text')
  })
  receiver.on('ping', (data: Buffer) => tell('ping', data.toString('hex')))
  receiver.on('conclude', (code: number, reason: Buffer) => tell('closed', code, reason.toString()))
  let isOver = false
  receiver.on('error', (error: object) => {
    if (!isOver) tell('violation', codeOf(error))
    isOver = true
  })
  for (const piece of pieces) {
    if (receiver.destroyed || receiver.writableEnded) break
    receiver.write(Buffer.from(piece))
  }
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  return told
}

/** Told by a symbol of its own. */
function codeOf(error: object): unknown {
  const symbol = Object.getOwnPropertySymbols(error).find(({ description }) => description === 'status-code')
  return symbol === undefined ? undefined : Reflect.get(error, symbol)
}
