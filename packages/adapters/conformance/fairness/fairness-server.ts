// <runtime> fairness-server.ts <kind> <port> <drainMs>: serves `fairnessApi`. Prints READY with its address; ends with its stdin.
import process from 'node:process'
import { createServer, implement } from '@tautline/server'
import type { ServerKind } from '../capabilities.ts'
import { spin } from '../faults/spin.ts'
import { listen } from '../listen.ts'
import { fairnessApi } from './fairness-api.ts'

const kind = process.argv[2] as ServerKind
const port = Number(process.argv[3])
const drainMs = Number(process.argv[4])
let begun = 0

const server = createServer(
  implement(fairnessApi).handlers({
    light: ({ input }) => input.n,
    heavy({ input: { ms, behindAwait } }) {
      begun += 1
      if (!behindAwait) spin(ms)
      return behindAwait ? spinLater(ms) : undefined
    },
    hold: ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(undefined)
        })
      }),
    large: ({ input }) => new Uint8Array(input.bytes),
    async *endless({ input, signal }) {
      const item = new Uint8Array(input.itemBytes)
      while (!signal.aborted) yield item
    },
    begun: () => begun,
  }),
  { log: false },
)

async function spinLater(ms: number): Promise<undefined> {
  await Promise.resolve()
  spin(ms)
  return undefined
}

const serving = await listen(kind, server, { port })
console.log(`READY ${JSON.stringify({ main: serving.url })}`)

process.stdin.resume()
process.stdin.once('end', () => {
  // `shutdown()` of Deno.serve never ends once a client was reset right behind its request for an upgrade (Deno 2.9).
  void (kind === 'deno-serve' ? server : serving).close({ drainMs }).then(() => {
    process.exit(0)
  })
})
