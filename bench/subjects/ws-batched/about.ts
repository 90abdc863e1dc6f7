import type { About } from '../subject.ts'

export const about: About = {
  name: 'ws-batched',
  label: 'ws + MessagePack, batched',
  packages: ['ws', '@msgpack/msgpack'],
  validates: 'nothing',
  carries: 'MessagePack, maps with their keys; all messages of one turn of the event loop in one WebSocket message',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  without: { reconnect: 'a bare socket: whoever uses it writes that, too' },
}
