import type { Duplex } from 'node:stream'
import type { ServerSocket, SocketListener } from '@tautline/server'
import type { RawData, WebSocket } from 'ws'
import { sendableCode, sendableReason } from '../close-frame.ts'
import { noteMessage } from './freed-memory.ts'
import { binaryFrame, MOST_JOINED_BYTES } from './ws-frame.ts'

const AS_IT_IS = { binary: true, compress: false }
const COMPRESSED = { binary: true, compress: true }

/** A socket of `ws` as the server uses it. A class, since objects of closures took five times the memory of a connection. */
export class WsSocket implements ServerSocket {
  readonly compresses: boolean
  readonly #socket: WebSocket
  readonly #stream: Duplex

  /** @param stream that `socket` writes to */
  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket
    this.#stream = stream
    this.compresses = socket.extensions.includes('permessage-deflate')
  }

  get backlogBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(message: Uint8Array): boolean {
    // On its way out, which `closed` tells: no loss that would call for cutting it.
    if (this.#socket.readyState !== this.#socket.OPEN) return true
    noteMessage(message.byteLength)
    if (this.compresses) this.#socket.send(message, COMPRESSED)
    else if (message.byteLength > MOST_JOINED_BYTES) this.#socket.send(message, AS_IT_IS)
    // Without an extension `ws` keeps nothing back either: each frame of its own is written whole before or behind this one.
    else this.#stream.write(binaryFrame(message))
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
    this.#socket.close(sendableCode(code), sendableReason(reason))
  }

  terminate(): void {
    this.#socket.terminate()
  }

  pauseReading(paused: boolean): void {
    if (paused) this.#socket.pause()
    else this.#socket.resume()
  }
}

/** Passes on what the socket has to tell, from now until its close. */
export function listenToWsSocket(socket: WebSocket, stream: Duplex, listener: SocketListener): void {
  socket.on('message', onMessage)
  socket.on('error', ignore)
  socket.on('close', onClose)
  stream.on('drain', onDrain)

  function onMessage(data: RawData, isBinary: boolean): void {
    if (!isBinary) {
      listener.textMessage()
      return
    }
    // The default binaryType gives one Buffer, whose `slice` is a view where that of a Uint8Array is a copy.
    const { buffer, byteOffset, byteLength } = data as Buffer
    noteMessage(byteLength)
    listener.message(new Uint8Array(buffer, byteOffset, byteLength))
  }

  function onClose(code: number, reason: Buffer): void {
    // What is native of a socket is freed with the next collection of the whole heap: until then nothing of ours hangs on it.
    socket.off('message', onMessage)
    socket.off('close', onClose)
    stream.off('drain', onDrain)
    listener.closed(code, reason.toString())
  }

  function onDrain(): void {
    listener.drained()
  }
}

/** `close` follows every error and says enough; without a listener the process would end. */
export function ignore(): void {}
