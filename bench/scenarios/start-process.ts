// node start-process.ts '{"contract":"/path/to/api.mjs"}': what a large contract takes to start with, measured once, in a fresh process.
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { createClient } from '@tautline/client'
import type { ContractTree } from '@tautline/core'
import { contractOf, isProcedure } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import { WebSocket } from 'ws'
import { takeOrders } from '../harness/take-orders.ts'

export type StartLaps = Readonly<Partial<Record<LapName, number>>>
type LapName = 'contractMs' | 'createClientMs' | 'createServerMs' | 'hashMs' | 'implementMs' | 'schemasMs'

const { contract } = JSON.parse(process.argv[2] ?? '') as { readonly contract: string }
const laps: Partial<Record<LapName, number>> = {}

function lap<Result>(name: LapName, run: () => Result): Result {
  const startedAt = performance.now()
  const result = run()
  laps[name] = performance.now() - startedAt
  return result
}

// The contract's schemas, not the library that makes them, are what is measured.
await import('valibot')

const startedAt = performance.now()
const { api } = (await import(pathToFileURL(contract).href)) as { readonly api?: ContractTree }
const importMs = performance.now() - startedAt
if (api === undefined) laps.schemasMs = importMs
else {
  laps.contractMs = importMs
  measureRest(api)
}
takeOrders({}, laps)

/** Of a contract that only a run knows. */
interface AnyImplementer {
  handlers(handlers: object): Parameters<typeof createServer>[0]
}

function measureRest(tree: ContractTree): void {
  const handlers = handlersOf(tree)
  const implementation = lap('implementMs', () => (implement(tree) as unknown as AnyImplementer).handlers(handlers))
  lap('createServerMs', () => createServer(implementation))
  lap('createClientMs', () => createClient(tree, { url: 'ws://127.0.0.1:9', WebSocket, lazy: true }))
  lap('hashMs', () => contractOf(tree).hash)
}

/** Applications have them beside the contract, and they cost what functions cost. */
function handlersOf(group: object): object {
  return Object.fromEntries(
    Object.entries(group).map(([name, member]: [string, object]) => [
      name,
      isProcedure(member) ? () => undefined : handlersOf(member),
    ]),
  )
}
