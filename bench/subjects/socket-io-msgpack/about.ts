import type { About } from '../subject.ts'

export const about: About = {
  name: 'socket-io-msgpack',
  label: 'Socket.IO (MessagePack)',
  packages: ['socket.io', 'socket.io-client', 'socket.io-msgpack-parser', '@socket.io/bun-engine'],
  validates: 'nothing',
  carries: 'MessagePack, by name; streams by hand, an event for each item',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  without: {},
}
