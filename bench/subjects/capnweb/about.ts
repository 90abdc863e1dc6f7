import type { About } from '../subject.ts'

export const about: About = {
  name: 'capnweb',
  label: "Cap'n Web",
  packages: ['capnweb', 'ws'],
  validates: 'nothing; validators come from capnweb-validate, a step of the build that needs TypeScript below 7',
  carries: 'JSON text, bytes as base64 in it',
  backPressure: true,
  runtimes: ['node', 'bun', 'deno'],
  without: { reconnect: 'A session ends with its connection, and its documentation leaves the next one to its user' },
}
