import { mutation, query, router, subscription } from '@tautline/core'
import { createServer, implement, type SessionEvent, tracked, type UpgradeRequest } from '@tautline/server'
import * as v from 'valibot'
import { serve } from '../../src/node/serve.ts'

export const api = router({
  ping: query({ output: v.number() }),
  /** 1, 2, 3, … as far as `push` has come. */
  numbers: subscription({ output: v.number(), resume: v.number() }),
  /** Answers how often it has run, when it is released. */
  held: mutation({ output: v.number() }),
})

export interface ProxiedLine {
  readonly port: number
  /** What was asked for before an upgrade or a long poll. */
  readonly requests: readonly UpgradeRequest[]
  readonly changes: readonly SessionEvent['type'][]
  /** Resolves with the next one of the type. */
  next(type: SessionEvent['type']): Promise<void>
  push(): void
  release(): void
  close(): Promise<void>
}

/** A server behind proxies on this machine, as its own process would run it. */
export async function startLine(heartbeat: { readonly idleMs?: number } = {}): Promise<ProxiedLine> {
  const requests: UpgradeRequest[] = []
  const changes: SessionEvent['type'][] = []
  const waiting: { readonly type: SessionEvent['type']; readonly found: () => void }[] = []
  const released = Promise.withResolvers<void>()
  let pushed = Promise.withResolvers<void>()
  let last = 0
  let ran = 0
  const server = createServer(
    implement(api).handlers({
      ping: () => 1,
      async *numbers({ resume = 0, signal }) {
        const aborted = new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            resolve()
          })
        })
        let n = resume
        while (!signal.aborted) {
          if (n >= last) {
            await Promise.race([pushed.promise, aborted])
          } else {
            n += 1
            yield tracked(n, n)
          }
        }
      },
      async held() {
        ran += 1
        await released.promise
        return ran
      },
    }),
    {
      log: false,
      heartbeat,
      trustedProxies: ['127.0.0.1'],
      authorizeUpgrade: (request) => {
        requests.push(request)
      },
      onSession({ type }) {
        changes.push(type)
        for (const one of waiting.splice(0)) {
          if (one.type === type) one.found()
          else waiting.push(one)
        }
      },
    },
  )
  const serving = await serve(server, { port: 0, host: '127.0.0.1', path: '/rpc' })
  return {
    port: serving.port,
    requests,
    changes,
    next: (type) =>
      new Promise((found) => {
        waiting.push({ type, found })
      }),
    push() {
      last += 1
      pushed.resolve()
      pushed = Promise.withResolvers()
    },
    release: () => {
      released.resolve()
    },
    close: () => serving.close({ drainMs: 0 }),
  }
}
