/** Orders by users, through middleware that lets some pass, with what their handler does in a test's hands. */
import { mutation, query, router } from '@tautline/core'
import { implement, type NoCalls } from '@tautline/core/peer'
import * as v from 'valibot'
import type { ServerOptions } from './server-options.ts'
import { createBench, untilAborted } from './test-bench.fixture.ts'

const api = router({
  order: mutation({
    input: v.object({ item: v.string(), count: v.optional(v.number(), 1) }),
    output: v.object({ id: v.number(), item: v.string(), at: v.date() }),
    errors: { SOLD_OUT: v.object({ item: v.string() }), CLOSED: null },
  }),
  refund: mutation({ output: v.number() }),
  look: query({ output: v.number() }),
})

export interface Desk {
  /** How often the handler of `order` has begun. */
  runs: number
  /** What its n-th run does before it answers. */
  act: (n: number, call: OrderCall) => unknown
  /** Whom middleware lets pass. */
  allowed: Set<string>
}

interface OrderCall {
  readonly signal: AbortSignal
  readonly soldOut: () => never
  readonly fail: (code: 'CLOSED' | 'OVERLOADED' | 'FORBIDDEN') => never
}

type DeskOptions = ServerOptions<{ readonly user: string | undefined }, NoCalls>

export function createDesk(options: DeskOptions = {}) {
  const desk: Desk = { runs: 0, act: () => {}, allowed: new Set(['ada', 'bob']) }
  const app = implement(api)
    .context(({ auth }) => ({ user: typeof auth === 'string' ? auth : undefined }))
    .use(({ ctx, next, fail }) => (desk.allowed.has(ctx.user ?? 'nobody') ? next() : fail('FORBIDDEN')))
  const bench = createBench(
    app.handlers({
      async order({ input, signal, fail }) {
        const n = ++desk.runs
        await desk.act(n, { signal, fail, soldOut: () => fail('SOLD_OUT', { item: input.item }) })
        return { id: n, item: input.item, at: new Date(n) }
      },
      refund: () => ++desk.runs,
      look: () => ++desk.runs,
    }),
    { principalOf: ({ user }) => user, ...options },
  )
  return {
    ...bench,
    desk,
    connect: (auth: string) => bench.connect({ auth }),
    connectRaw: () => bench.connectRaw(),
    run: <R>(promise: Promise<R>) => bench.run(promise),
  }
}

export const KEY = { idempotencyKey: 'order-17' }
export const TEA = { item: 'tea' }
export const FIRST = { id: 1, item: 'tea', at: new Date(1) }

/** Lets handlers wait until they are let go, or told to stop. */
export function gate(desk: Desk): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  desk.act = (_, { signal }) => Promise.race([promise, untilAborted(signal)])
  return resolve
}
