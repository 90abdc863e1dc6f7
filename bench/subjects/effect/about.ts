import type { About } from '../subject.ts'

export const about: About = {
  name: 'effect',
  label: 'Effect RPC',
  packages: ['effect', '@effect/platform-node'],
  validates: 'inputs, outputs, items and events, by its own schemas, at both ends',
  carries:
    'its SchemaBinary, by position, with a fingerprint of the schema for each envelope; without the span that it sends by default, since none of the others traces',
  backPressure: true,
  runtimes: ['node', 'bun', 'deno'],
  without: {},
}
