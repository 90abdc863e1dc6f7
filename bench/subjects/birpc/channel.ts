import type { ChannelOptions } from 'birpc'
import { pack, unpack } from 'msgpackr'
import type { RawData, WebSocket } from 'ws'

/** What birpc is told of a WebSocket, as in its documentation, with msgpackr in the place of JSON. */
export function channelOf(socket: WebSocket): ChannelOptions {
  return {
    post: (bytes: Uint8Array) => {
      socket.send(bytes)
    },
    on: (listener) => {
      socket.on('message', (data: RawData) => {
        listener(data)
      })
    },
    serialize: pack,
    deserialize: unpack,
  }
}
