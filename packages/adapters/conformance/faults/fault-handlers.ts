import process from 'node:process'
import { implement, tracked } from '@tautline/server'
import { faultApi } from './fault-api.ts'
import { spin } from './spin.ts'

export interface FaultHandlerNeeds {
  readonly tell: (load: string, ran: { readonly serial: number; readonly n: number }) => void
  readonly disconnections: () => number
}

interface Load {
  readonly runs: Map<number, number>
  serial: number
  held: number
  readonly released: Promise<void>
  readonly release: () => void
}

export function createFaultHandlers({ tell, disconnections }: FaultHandlerNeeds) {
  const loads = new Map<string, Load>()

  function loadOf(name: string): Load {
    const known = loads.get(name)
    if (known !== undefined) return known
    const { promise, resolve } = Promise.withResolvers<void>()
    const load: Load = { runs: new Map(), serial: 0, held: 0, released: promise, release: resolve }
    loads.set(name, load)
    return load
  }

  async function hold(name: string): Promise<number> {
    const load = loadOf(name)
    load.held += 1
    await load.released
    return process.pid
  }

  return implement(faultApi).handlers({
    async run({ input: { load: name, n, turns } }) {
      const load = loadOf(name)
      load.runs.set(n, (load.runs.get(n) ?? 0) + 1)
      for (let turn = 0; turn < turns; turn++) await nextTurn()
      load.serial += 1
      tell(name, { serial: load.serial, n })
      return n
    },
    runs({ input: { load: name, count } }) {
      const { runs } = loadOf(name)
      return Array.from({ length: count }, (_, n) => runs.get(n) ?? 0)
    },
    async *count({ input: { to } }) {
      for (let n = 1; n <= to; n++) yield n
    },
    async *resumableCount({ input: { to }, resume = 0 }) {
      for (let n = resume + 1; n <= to; n++) yield tracked(n, n)
    },

    held: ({ input }) => hold(input.load),
    heldQuery: ({ input }) => hold(input.load),
    release({ input }) {
      loadOf(input.load).release()
    },
    heldSoFar: ({ input }) => loadOf(input.load).held,

    spin({ input }) {
      spin(input.ms)
    },
    disconnections,
  })
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
