/*
 * A WebSocket of a server over a stream of `node:http`: RFC 6455.
 *
 * Owns: the state of one socket, and what it writes. Must not know: requests.
 */
import type { Duplex } from 'node:stream'
import type { ServerSocket, SocketListener } from '@tautline/server'
import { sendableCode, sendableReason } from '../../close-frame.ts'
import { noteMessage } from '../freed-memory.ts'
import type { MessageDeflate } from './deflate-extension.ts'
import { type FrameListener, FrameReader } from './frame-reader.ts'
import { FIN, frameOf, MOST_JOINED_BYTES, Opcode, RSV1 } from './frames.ts'

/** How long a peer may take to answer a close frame, to read what was written before, and to end the stream. */
const CLOSE_TIMEOUT_MS = 30_000
const NO_CODE = 1005
const ABNORMAL = 1006
const NOTHING = new Uint8Array(0)

const SOCKET = Symbol('the WebSocket of a stream')

type OwnedStream = Duplex & { [SOCKET]?: ServerWebSocket | undefined }

export interface ServerWebSocketOptions {
  readonly maxMessageBytes: number
  /** Where RFC 7692 was agreed on. */
  readonly deflate: MessageDeflate | undefined
}

/** A class, and listeners that all sockets share: objects of closures took five times the memory of a connection. */
export class ServerWebSocket implements ServerSocket, FrameListener {
  readonly #stream: OwnedStream
  readonly #deflate: MessageDeflate | undefined
  readonly #reader: FrameReader
  #listener: SocketListener | undefined
  /** Whether a close frame was sent, or will never be. */
  #isClosing = false
  #closeTimer: ReturnType<typeof setTimeout> | undefined
  #closeCode = ABNORMAL
  #closeReason = ''
  /** Of a ping that was not answered since the peer does not read. Only the last one must be: RFC 6455, 5.5.3. */
  #owedPong: Uint8Array | undefined

  /** @throws Error for a stream that has one already */
  constructor(stream: Duplex, { maxMessageBytes, deflate }: ServerWebSocketOptions) {
    this.#stream = stream
    if (this.#stream[SOCKET] !== undefined) throw new Error('Expected a stream without a WebSocket')
    this.#stream[SOCKET] = this
    this.#deflate = deflate
    this.#reader = new FrameReader(
      this,
      maxMessageBytes,
      // Behind our close messages are dropped: nobody needs to know what was in them.
      deflate && ((bytes) => (this.#isClosing ? NOTHING : deflate.inflate(bytes, maxMessageBytes))),
    )
  }

  /**
   * Passes on what comes, from now until the close.
   * @param head what has come already
   */
  listen(listener: SocketListener, head: Uint8Array): void {
    this.#listener = listener
    this.#stream.on('data', onData).on('drain', onDrain).on('end', onEnd).on('close', onClose)
    if (head.byteLength > 0) this.arrived(head)
  }

  get compresses(): boolean {
    return this.#deflate !== undefined
  }

  get backlogBytes(): number {
    return this.#stream.writableLength
  }

  send(message: Uint8Array): boolean {
    // On its way out, which `closed` tells: no loss that would call for cutting it.
    if (this.#isClosing) return true
    noteMessage(message.byteLength)
    const compressed = this.#deflate?.deflate(message)
    if (compressed === undefined) this.#write(FIN | Opcode.Binary, message)
    else this.#write(FIN | RSV1 | Opcode.Binary, compressed)
    return true
  }

  together(send: () => void): void {
    this.#stream.cork()
    try {
      send()
    } finally {
      this.#stream.uncork()
    }
  }

  close(code: number, reason: string): void {
    if (!this.#isClosing) this.#sendClose(closePayload(sendableCode(code), sendableReason(reason)))
  }

  terminate(): void {
    this.#isClosing = true
    this.#reader.stop()
    this.#stream.destroy()
  }

  pauseReading(paused: boolean): void {
    this.#reader.isPaused = paused
    if (paused) this.#stream.pause()
    else this.#stream.resume()
  }

  message(bytes: Uint8Array): void {
    noteMessage(bytes.byteLength)
    this.#listener?.message(bytes)
  }

  text(): void {
    this.#listener?.textMessage()
  }

  ping(payload: Uint8Array): void {
    if (this.#isClosing) return
    if (this.#stream.writableNeedDrain) this.#owedPong = payload.slice()
    else this.#write(FIN | Opcode.Pong, payload)
  }

  peerClosed(code: number, reason: string): void {
    this.#closeCode = code
    this.#closeReason = reason
    if (!this.#isClosing) this.#sendClose(code === NO_CODE ? NOTHING : closePayload(code, ''))
    this.#stream.end()
  }

  violation(code: number): void {
    this.#closeCode = code
    if (!this.#isClosing) this.#sendClose(closePayload(code, ''))
    this.#stream.end()
    // What is not read when it ends would take our close frame with it.
    this.#stream.resume()
  }

  /** The peer reads again. */
  drained(): void {
    if (this.#owedPong !== undefined && !this.#isClosing) this.#write(FIN | Opcode.Pong, this.#owedPong)
    this.#owedPong = undefined
    this.#listener?.drained()
  }

  arrived(chunk: Uint8Array): void {
    const unread = this.#reader.read(chunk)
    if (unread !== undefined) this.#stream.unshift(unread)
  }

  /** The peer writes no more: it could not even say that it has read what we write. */
  ended(): void {
    this.#isClosing = true
    this.#stream.end()
    this.#cutLater()
  }

  closed(): void {
    // What is native of a socket is freed with the next collection of the whole heap: until then nothing of ours hangs on it.
    this.#stream.off('data', onData).off('drain', onDrain).off('end', onEnd).off('close', onClose)
    this.#stream[SOCKET] = undefined
    this.#isClosing = true
    clearTimeout(this.#closeTimer)
    this.#listener?.closed(this.#closeCode, this.#closeReason)
  }

  #sendClose(payload: Uint8Array): void {
    this.#write(FIN | Opcode.Close, payload)
    this.#isClosing = true
    this.#cutLater()
  }

  /** Unless it ends by itself: a peer that reads nothing would keep it. */
  #cutLater(): void {
    this.#closeTimer ??= setTimeout(() => {
      this.#stream.destroy()
    }, CLOSE_TIMEOUT_MS)
  }

  /** @param first byte of the frame */
  #write(first: number, payload: Uint8Array): void {
    const frame = frameOf(first, payload)
    if (payload.byteLength <= MOST_JOINED_BYTES) {
      this.#stream.write(frame)
      return
    }
    this.#stream.cork()
    this.#stream.write(frame)
    this.#stream.write(payload)
    this.#stream.uncork()
  }
}

function closePayload(code: number, reason: string): Uint8Array {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(code)
  payload.write(reason, 2)
  return payload
}

function onData(this: OwnedStream, chunk: Buffer): void {
  this[SOCKET]?.arrived(chunk)
}

function onDrain(this: OwnedStream): void {
  this[SOCKET]?.drained()
}

function onEnd(this: OwnedStream): void {
  this[SOCKET]?.ended()
}

function onClose(this: OwnedStream): void {
  this[SOCKET]?.closed()
}

/** `close` follows every error and says enough; without a listener the process would end. */
export function ignore(): void {}
