import type { About } from '../subject.ts'

export const about: About = {
  name: 'platform-msgpack',
  label: 'WebSocket of Node + MessagePack',
  packages: ['@msgpack/msgpack'],
  validates: 'nothing',
  carries: 'as `ws-msgpack`, whose server it has; its client is the `WebSocket` of Node itself, which Tautline uses',
  backPressure: false,
  runtimes: ['node'],
  without: { reconnect: 'a bare socket: whoever uses it writes that, too' },
}
