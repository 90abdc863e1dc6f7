import { Decoder, Encoder } from '@msgpack/msgpack'
import type { Message, Packing } from './message.ts'

/** Each message is a WebSocket message of its own. Encoder and decoder are kept, as the README of `@msgpack/msgpack` advises. */
export function singleMessages(): Packing {
  const encoder = new Encoder()
  const decoder = new Decoder()
  return {
    pack: (message) => encoder.encode(message),
    unpack: (bytes) => [decoder.decode(bytes) as Message],
    createOutbox: (send) => (message) => {
      send(encoder.encode(message))
    },
  }
}
