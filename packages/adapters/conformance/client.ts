// Runs the checks on this runtime: <runtime> client.ts '{"kind":"ws","urls":{…},"without":[…]}'. One JSON line per check.
import process from 'node:process'
import type { ClientKind } from './capabilities.ts'
import { type RunOptions, runChecks } from './run-checks.ts'

const { kind, ...options } = JSON.parse(process.argv[2] ?? '') as RunOptions & { readonly kind: ClientKind }
const constructor = kind === 'ws' ? { WebSocket: (await import('ws')).WebSocket } : {}

await runChecks({ ...options, ...constructor, longPoll: kind.endsWith('-poll') }, (result) => {
  console.log(JSON.stringify(result))
})
process.exit(0)
