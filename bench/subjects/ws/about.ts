import type { About } from '../subject.ts'

export const about: About = {
  name: 'ws',
  label: 'ws, prepared bytes',
  packages: ['ws'],
  validates: 'nothing',
  carries: 'bytes made beforehand, which nobody reads; answers come in the order of the questions',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  prepared: true,
  without: { reconnect: 'a bare socket: whoever uses it writes that, too' },
}
