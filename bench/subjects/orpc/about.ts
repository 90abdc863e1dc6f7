import type { About } from '../subject.ts'

export const about: About = {
  name: 'orpc',
  label: 'oRPC',
  packages: ['@orpc/server', '@orpc/client', 'partysocket', 'ws', 'valibot'],
  validates: 'inputs, outputs, items and events, by valibot',
  carries:
    'JSON text with the types of what JSON lacks beside it; bytes as a Blob behind the text, since a Uint8Array arrives as {}',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  without: {},
}
