import { setTimeout as sleep } from 'node:timers/promises'
import { implement, tracked } from '@tautline/server'
import { spin } from '../../packages/adapters/conformance/faults/spin.ts'
import type { Saboteur } from './sabotage.ts'
import { soakApi } from './soak-api.ts'

/** What handlers leave behind between calls: one number a slot. */
export interface SoakBooks {
  /** How often `tally` ran, by who called. */
  readonly tallies: Map<number, number>
  /** Of handlers that were told to stop while they waited. */
  cancelled: number
}

export function createSoakHandlers(books: SoakBooks, strikes: Saboteur) {
  async function* count(from: number, to: number, itemBytes: number) {
    const filler = new Uint8Array(itemBytes).fill(from)
    for (let n = from; n <= to; n++) {
      if (strikes('hole')) n += 1
      yield { n, filler }
    }
  }

  return implement(soakApi).handlers({
    add({ input: { a, b } }) {
      if (strikes('timer')) setInterval(() => undefined, 60_000)
      if (strikes('rejection')) void Promise.reject(new Error('sabotage'))
      return strikes('wrong-answer') ? a - b : a + b
    },
    tally({ input: { slot, n } }) {
      const times = strikes('run-twice') ? 2 : 1
      books.tallies.set(slot, (books.tallies.get(slot) ?? 0) + times)
      return n
    },
    echo: ({ input }) => input.text,
    // A copy: what came is a view of the message.
    echoBytes: ({ input }) => input.bytes.slice(),
    spin({ input }) {
      spin(input.ms)
    },
    async wait({ input, signal }) {
      try {
        await sleep(input.ms, undefined, { signal })
      } catch (error) {
        books.cancelled += 1
        throw error
      }
    },
    count: ({ input: { to, itemBytes } }) => count(1, to, itemBytes),
    async *resumableCount({ input: { to, itemBytes }, resume = 0 }) {
      for await (const item of count(resume + 1, to, itemBytes)) yield tracked(item.n, item)
    },
    async *sum({ up }) {
      let total = 0
      for await (const n of up) yield (total += n)
    },
  })
}
