import type { About } from '../subject.ts'

export const about: About = {
  name: 'tautline',
  label: 'Tautline',
  packages: ['ws', '@msgpack/msgpack', 'valibot'],
  validates: 'inputs, answers, items and events on the server, by valibot',
  carries: 'MessagePack, the messages of one turn of the event loop together; sequence numbers and acknowledgements',
  backPressure: true,
  runtimes: ['node', 'bun', 'deno'],
  without: {},
}
