import type { LoadOrder, LoadOutcome } from './orders.ts'
import type { Figure, Sample, Scale, Trial } from './scenario.ts'
import type { Pair, Stage } from './stage.ts'
import { ROUND_WARM_UP, roundWarmUp, warmUp } from './warm-up.ts'

export interface LoadPlan {
  readonly connections: number
  readonly load: Omit<LoadOrder, 'operations'>
  readonly operations: Readonly<Record<Scale, number>>
  /** At a time, until the subject has had what time there is. */
  readonly warmUp: Readonly<Record<Scale, number>>
  /** In full runs, of each part of the warm-up and of each round: no other operation begins after that. @default no bound */
  readonly fullMs?: number
  /** What one operation stands for: the items of a stream. @default 1 */
  readonly per?: number
}

export interface MeasuredLoad extends LoadOutcome {
  readonly serverCpuUs: number
  /** Both ways; `undefined` where the runtime does not tell. */
  readonly wireBytes: number | undefined
}

/** Between one look at the server and the next, what it has used; what the client has used it tells itself. */
export async function measureLoad({ server, client }: Pair, order: LoadOrder): Promise<MeasuredLoad> {
  const before = await server.order('usage', {})
  const outcome = await client.order('load', order)
  const after = await server.order('usage', {})
  const bytes = (wire: typeof before.wire): number => (wire === undefined ? Number.NaN : wire.received + wire.sent)
  const wireBytes = bytes(after.wire) - bytes(before.wire)
  return {
    ...outcome,
    serverCpuUs: after.cpuUs - before.cpuUs,
    wireBytes: Number.isNaN(wireBytes) ? undefined : wireBytes,
  }
}

/** Also where a library or the machine is slow, a quick run has to end in time. A full one does all that it is asked to. */
const LONGEST: Readonly<Record<Scale, { readonly warmUpMs: number; readonly roundMs: number }>> = {
  // JSON has no infinity.
  full: { warmUpMs: Number.MAX_SAFE_INTEGER, roundMs: Number.MAX_SAFE_INTEGER },
  quick: { warmUpMs: 250, roundMs: 100 },
  tiny: { warmUpMs: Number.MAX_SAFE_INTEGER, roundMs: Number.MAX_SAFE_INTEGER },
}

function longest(scale: Scale, { fullMs }: LoadPlan): (typeof LONGEST)[Scale] {
  return scale === 'full' && fullMs !== undefined ? { warmUpMs: fullMs, roundMs: fullMs } : LONGEST[scale]
}

/** A trial of one kind of load, with the figures of `loadFigures`. */
export async function beginLoad(stage: Stage, scale: Scale, plan: LoadPlan): Promise<Trial> {
  const pair = await stage.pair()
  await pair.client.order('open', { count: plan.connections })
  const { warmUpMs, roundMs } = longest(scale, plan)
  await warmUp(scale, () =>
    pair.client.order('load', { ...plan.load, operations: plan.warmUp[scale], forMs: warmUpMs }),
  )
  const order = { ...plan.load, operations: plan.operations[scale], forMs: roundMs }
  return {
    async round() {
      await pair.client.order('load', {
        ...order,
        operations: roundWarmUp(order.operations),
        forMs: order.forMs * ROUND_WARM_UP,
      })
      const measured = await measureLoad(pair, order)
      return perUnit(measured, measured.operations * (plan.per ?? 1))
    },
  }
}

function perUnit(measured: MeasuredLoad, units: number): Sample {
  return {
    serverCpuUs: measured.serverCpuUs / units,
    clientCpuUs: measured.cpuUs / units,
    perSecond: units / (measured.wallMs / 1000),
    p50Us: measured.p50Us,
    p99Us: measured.p99Us,
    ...(measured.wireBytes === undefined ? {} : { wireBytes: measured.wireBytes / units }),
  }
}

type LoadFigure = 'clientCpuUs' | 'p50Us' | 'p99Us' | 'perSecond' | 'serverCpuUs' | 'wireBytes'

/** @param unit what is counted: `call`, `item` */
export function loadFigures(unit: string, names: readonly LoadFigure[]): readonly Figure[] {
  const all: Readonly<Record<LoadFigure, Omit<Figure, 'name'>>> = {
    serverCpuUs: { title: `server CPU per ${unit}`, unit: 'µs', better: 'less' },
    clientCpuUs: { title: `client CPU per ${unit}`, unit: 'µs', better: 'less' },
    perSecond: { title: `${unit}s per second`, unit: 'per second', better: 'more' },
    p50Us: { title: 'p50', unit: 'µs', better: 'less' },
    p99Us: { title: 'p99', unit: 'µs', better: 'less' },
    wireBytes: { title: `bytes per ${unit}, both ways`, unit: 'bytes', better: 'less' },
  }
  return names.map((name) => ({ name, ...all[name] }))
}
