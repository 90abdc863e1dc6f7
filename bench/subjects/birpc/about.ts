import type { About } from '../subject.ts'

export const about: About = {
  name: 'birpc',
  label: 'birpc (msgpackr)',
  packages: ['birpc', 'msgpackr', 'ws'],
  validates: 'nothing',
  carries: 'MessagePack, by name; streams by hand, an event for each item',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  without: { reconnect: 'It is given a socket by its user, and has no part in what becomes of it' },
}
