import type { About } from '../subject.ts'

export const about: About = {
  name: 'deno-msgpack',
  label: 'Deno.upgradeWebSocket + MessagePack',
  packages: ['@msgpack/msgpack'],
  validates: 'nothing',
  carries: 'as `ws-msgpack`, over the WebSockets that Deno has itself, which bound no message and do not compress',
  backPressure: false,
  runtimes: ['deno'],
  without: { reconnect: 'a bare socket: whoever uses it writes that, too' },
}
