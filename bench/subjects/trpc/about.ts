import type { About } from '../subject.ts'

export const about: About = {
  name: 'trpc',
  label: 'tRPC',
  packages: ['@trpc/server', '@trpc/client', 'ws', 'valibot'],
  validates: 'inputs and outputs, by valibot; items and events by hand in the procedure, as its documentation has it',
  carries:
    'JSON text. Bytes as base64 by hand: the transformer that its documentation names, superjson, makes an array of decimal numbers of them, 3.6 times their size',
  backPressure: false,
  runtimes: ['node', 'bun', 'deno'],
  without: {},
}
