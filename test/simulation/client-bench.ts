/** What the parts of a simulated client share: the client itself, and what its errors may be. */
import type { Client } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import type { api } from './simulated-api.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

export interface ClientBench {
  readonly world: World
  readonly id: number
  readonly name: string
  readonly process: SimulatedProcess
  readonly client: Client<typeof api>
}

/** When something began, and with what grace its end is judged. */
export interface Began {
  /** By the clock of its process. */
  readonly at: number
  readonly worldAt: number
  readonly excusedMs: number
}

export function beginAt({ process, world }: ClientBench): Began {
  return { at: process.clock.now(), worldAt: world.clock.now(), excusedMs: process.excusedMs }
}

/** Past its deadline nothing may be under way, but for the time that this process did not run. */
export function judgeDeadline(bench: ClientBench, what: string, began: Began, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return
  const { process, world, name } = bench
  const tookMs = process.clock.now() - began.at
  const graceMs = process.excusedMs - began.excusedMs + process.latenessMs
  if (tookMs > timeoutMs + graceMs + 1) {
    world.referee.accuse(
      'I3',
      `${what} of ${name} took ${tookMs} ms, expected ${timeoutMs} ms and ${graceMs} ms of grace at most`,
    )
  }
}

/** Aborts after so long by the client's own clock. */
export function cancelAfter({ process }: ClientBench, ms: number | undefined): AbortSignal | undefined {
  if (ms === undefined) return undefined
  const controller = new AbortController()
  process.clock.schedule(process.clock.now() + ms, () => controller.abort())
  return controller.signal
}

export interface Expectation {
  readonly what: string
  readonly began: Began
  readonly timeoutMs: number | undefined
  readonly cancelAfterMs: number | undefined
  /** What a lost session may cost it. */
  readonly mayLose: 'nothing' | 'CONNECTION_LOST' | 'GAP'
}

/** Judges what something failed with. */
export function judgeError(bench: ClientBench, error: unknown, expected: Expectation): void {
  const { world, id } = bench
  const code = isTautlineError(error) ? error.code : String(error)
  if (mayFailWith(bench, code, expected)) return
  const isLoss = code === 'CONNECTION_LOST' || code === 'GAP'
  world.referee.accuse(
    isLoss ? 'session lost' : 'fault',
    `${expected.what} of client ${id} failed with ${code}: ${error instanceof Error ? (error.stack ?? '') : ''}`,
  )
}

function mayFailWith({ world: { book, setup }, id }: ClientBench, code: string, expected: Expectation): boolean {
  switch (code) {
    case 'CLIENT_CLOSED':
      return book.isClosed(id)
    case 'TIMEOUT':
      return expected.timeoutMs !== undefined
    case 'CANCELLED':
      return expected.cancelAfterMs !== undefined
    case 'UNAUTHORIZED':
      return book.wasBanned(id)
    case 'OVERLOADED':
      // What was cancelled and still runs takes places, too.
      return setup.places < 100
    case 'QUEUE_FULL':
      return setup.queuedCalls < 100
    case 'CONNECTION_LOST':
    case 'GAP':
      return code === expected.mayLose && (book.hasLost(id, expected.began.worldAt) || book.wasBanned(id))
    default:
      return false
  }
}
