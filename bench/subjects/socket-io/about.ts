import type { About } from '../subject.ts'

export const about: About = {
  name: 'socket-io',
  label: 'Socket.IO',
  packages: ['socket.io', 'socket.io-client', '@socket.io/bun-engine'],
  validates: 'nothing',
  carries: 'JSON text, and bytes in messages of their own behind it; streams by hand, an event for each item',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  without: {},
}
