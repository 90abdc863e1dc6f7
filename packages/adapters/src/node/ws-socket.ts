import process from 'node:process'
import type { Duplex } from 'node:stream'
import type { ServerSocket, SocketListener } from '@tautline/server'
import type { WebSocket } from 'ws'
import { sendableCode, sendableReason } from '../close-frame.ts'

/** A socket of `ws` as the server uses it. `stream` is the TCP or TLS socket below it. */
export function createWsSocket(socket: WebSocket, stream: Duplex): ServerSocket {
  const compresses = socket.extensions.includes('permessage-deflate')
  const sendOptions = { binary: true, compress: compresses }
  let corked = false

  function uncork(): void {
    corked = false
    stream.uncork()
  }

  // `ws` makes one system call per message; several messages of one turn leave in one.
  function corkForThisTurn(): void {
    if (corked) return
    corked = true
    stream.cork()
    process.nextTick(uncork)
  }

  return {
    compresses,
    get backlogBytes() {
      return socket.bufferedAmount
    },
    send(message) {
      // On its way out, which `closed` tells: no loss that would call for cutting it.
      if (socket.readyState !== socket.OPEN) return true
      corkForThisTurn()
      socket.send(message, sendOptions)
      return true
    },
    close(code, reason) {
      socket.close(sendableCode(code), sendableReason(reason))
    },
    terminate() {
      socket.terminate()
    },
    pauseReading(paused) {
      if (paused) socket.pause()
      else socket.resume()
    },
  }
}

/** Passes on what the socket has to tell, from now until its close. */
export function listenToWsSocket(socket: WebSocket, stream: Duplex, listener: SocketListener): void {
  socket.on('message', (data, isBinary) => {
    if (!isBinary) {
      listener.textMessage()
      return
    }
    // The default binaryType gives one Buffer, whose `slice` is a view where that of a Uint8Array is a copy.
    const { buffer, byteOffset, byteLength } = data as Buffer
    listener.message(new Uint8Array(buffer, byteOffset, byteLength))
  })
  socket.on('error', ignore)
  socket.on('close', (code, reason) => {
    stream.off('drain', drained)
    listener.closed(code, reason.toString())
  })
  stream.on('drain', drained)

  function drained(): void {
    listener.drained()
  }
}

/** `close` follows every error and says enough; without a listener the process would end. */
export function ignore(): void {}
