/** The handlers of simulated servers and clients: they do what they are told, and check what they are given. */
import type { Clock } from '@tautline/core/io'
import { implement, tracked } from '@tautline/server'
import type { Desk } from './desk.ts'
import type { Referee } from './referee.ts'
import { api, clientApi, padOf } from './simulated-api.ts'

/** What decides about HELLOs, as the schedule has it at the moment. */
export interface Doorkeeper {
  decisionMs: number
  readonly banned: Set<number>
}

export interface HandlerOptions {
  readonly clock: Clock
  readonly desk: Desk
  readonly referee: Referee
  readonly door: Doorkeeper
}

interface Job {
  readonly n: number
  readonly waitMs: number
  readonly pad: Uint8Array<ArrayBuffer>
}

export interface Visitor {
  readonly client: number
}

/** Resolves after so long by this clock; at once when `signal` is aborted. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.schedule(clock.now() + ms, end)
    signal?.addEventListener('abort', end)
  })
}

export function createServerHandlers({ clock, desk, referee, door }: HandlerOptions) {
  const work = async (input: Job, signal: AbortSignal) => {
    desk.began(input.n)
    checkPad(referee, input)
    if (input.waitMs > 0) await pause(clock, input.waitMs, signal)
    return { n: input.n, pad: input.pad }
  }
  return implement(api, { calls: clientApi })
    .context<Visitor>(async ({ auth, fail, signal }) => {
      const client = Number(auth)
      if (door.decisionMs > 0) await pause(clock, door.decisionMs, signal)
      return door.banned.has(client) ? fail('UNAUTHORIZED') : { client }
    })
    .handlers({
      ask: ({ input, signal }) => work(input, signal),
      add: ({ input, signal }) => work(input, signal),
      put: ({ input, signal }) => work(input, signal),
      async *count({ input, resume = 0, signal }) {
        desk.began(input.n)
        for (let n = resume + 1; n <= input.to; n++) {
          if (input.everyMs > 0) await pause(clock, input.everyMs, signal)
          yield tracked(n, { n, pad: padOf(input.bytes, n) })
        }
      },
      async *live({ input, signal }) {
        const run = desk.began(input.n)
        for (let n = 1; n <= input.to; n++) {
          if (input.everyMs > 0) await pause(clock, input.everyMs, signal)
          yield { run, n }
        }
      },
      async *sum({ input, up }) {
        desk.began(input.n)
        let last = 0
        for await (const item of up) {
          if (item.n !== last + 1) referee.accuse('I1', `sum ${input.n}: item ${item.n} came up after ${last}`)
          checkPad(referee, item)
          last = item.n
          yield last
        }
      },
    })
}

export function createClientHandlers({ clock, desk }: Pick<HandlerOptions, 'clock' | 'desk'>) {
  return implement(clientApi).handlers({
    async confirm({ input, signal }) {
      desk.began(input.n)
      if (input.waitMs > 0) await pause(clock, input.waitMs, signal)
      return { n: input.n, pad: input.pad }
    },
  })
}

export function checkPad(referee: Referee, { n, pad }: { readonly n: number; readonly pad: Uint8Array }): void {
  const expected = padOf(pad.byteLength, n)
  if (pad.some((byte, index) => byte !== expected[index])) referee.accuse('I1', `the bytes of ${n} came changed`)
}
