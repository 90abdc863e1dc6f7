import { Decoder, Encoder } from '@msgpack/msgpack'
import type { Message, Packing } from '../ws-msgpack/message.ts'

/** What is sent in one turn of the event loop is one WebSocket message, an array; nothing else is done to be fast. */
export function batchedMessages(): Packing {
  const encoder = new Encoder()
  const decoder = new Decoder()
  return {
    pack: (message) => encoder.encode([message]),
    unpack: (bytes) => decoder.decode(bytes) as Message[],
    createOutbox(send) {
      let waiting: Message[] = []
      const flush = (): void => {
        const messages = waiting
        waiting = []
        send(encoder.encode(messages))
      }
      return (message) => {
        if (waiting.push(message) === 1) setImmediate(flush)
      }
    },
  }
}
