import type { About } from '../subject.ts'

export const about: About = {
  name: 'ws-msgpack',
  label: 'ws + MessagePack by hand',
  packages: ['ws', '@msgpack/msgpack'],
  validates: 'nothing',
  carries: 'MessagePack, maps with their keys: `[type, id, procedure, value]`, one per WebSocket message',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  without: { reconnect: 'a bare socket: whoever uses it writes that, too' },
}
