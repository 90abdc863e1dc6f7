/**
 * One soak: a server, clients with faults, hostile peers, and somebody who looks at it all.
 *
 * Owns: the order of it, and the verdict. Must not know: how results are shown.
 */
import { cpus, loadavg } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createRandom } from '@tautline/core/testing'
import { OrderedProcess } from '../../bench/harness/ordered-process.ts'
import { judgeGrowth } from './growth.ts'
import { attack } from './hostile-peers.ts'
import { leftOver } from './resources.ts'
import type {
  Remains,
  SoakClientOptions,
  SoakClientOrders,
  SoakServerOptions,
  SoakServerOrders,
} from './soak-orders.ts'
import type { SoakOptions, SoakResult, SoakSample } from './soak-result.ts'
import { checkTallies } from './tally-check.ts'
import { Witness } from './witness.ts'

/** How long sessions wait: for a network that comes back; those that wait in vain are gone before the run has settled. */
const WINDOW_MS = { least: 1000, most: 20_000, shareOfRun: 0.05 }
const WITNESSES = 4
const WITNESS_EVERY_MS = 10
const HOSTILE_EVERY_MS = 500
const SAMPLES = 120
/** However slow the machine is: fewer would say nothing of memory. */
const LEAST_SAMPLES = 16
const SAMPLE_MS = { least: 250, most: 5000 }
/** For what is closed to be gone, on top of that. */
const SETTLE_MS = 15_000
/** Collecting garbage stops the server: the longer a run, the less often it must be. */
const COLLECTED_SAMPLES = 40

const scriptOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** @param show is told of every sample, with all before it */
export async function runSoak(options: SoakOptions, show: (result: SoakResult) => void): Promise<SoakResult> {
  const { runtime, clients, seed, minutes, sabotages } = options
  const lastsMs = minutes * 60_000
  const windowMs = within(lastsMs * WINDOW_MS.shareOfRun, WINDOW_MS)
  const samples: SoakSample[] = []
  const failures: string[] = []
  const hostile: Record<string, number> = {}
  const server = await OrderedProcess.start<SoakServerOrders, { url: string; version: string }>({
    runtime,
    script: scriptOf('server-process.ts'),
    argument: { kind: runtime, sabotages, windowMs } satisfies SoakServerOptions,
    packages: 'source',
  })
  const { url, version } = server.ready
  const crowd = await OrderedProcess.start<SoakClientOrders, null>({
    runtime: 'node',
    script: scriptOf('client-process.ts'),
    argument: { url, clients, seed, firstSlot: 0 } satisfies SoakClientOptions,
    packages: 'source',
  })
  const witness = new Witness(url, WITNESSES, WITNESS_EVERY_MS)
  const random = createRandom(seed)
  const attacks = new Set<Promise<void>>()
  const attacking = setInterval(() => {
    const one = attack(url, random).then(
      (name) => void (hostile[name] = (hostile[name] ?? 0) + 1),
      // It is the server's good right to hang up.
      () => void (hostile['turned away'] = (hostile['turned away'] ?? 0) + 1),
    )
    attacks.add(one)
    void one.then(() => attacks.delete(one))
  }, HOSTILE_EVERY_MS)
  let remains: Remains | undefined

  const result = (): SoakResult => {
    const collected = samples.filter((sample) => sample.collected)
    const growth =
      collected.length < 3
        ? {}
        : {
            server: judgeGrowth(collected.map(({ atMs, server: { heapBytes } }) => ({ atMs, bytes: heapBytes }))),
            client: judgeGrowth(collected.map(({ atMs, clientHeapBytes }) => ({ atMs, bytes: clientHeapBytes }))),
          }
    return {
      options: { runtime, minutes, clients, seed, sabotages },
      date: new Date().toISOString().slice(0, 10),
      machine: `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
      versions: `${version}; clients on node ${process.versions.node}`,
      samples,
      growth,
      ...(remains === undefined ? {} : { remains }),
      hostile,
      failures: [...failures],
    }
  }

  try {
    const began = performance.now()
    const everyMs = within(lastsMs / SAMPLES, SAMPLE_MS)
    const collectEvery = Math.max(1, Math.round(lastsMs / everyMs / COLLECTED_SAMPLES))
    for (let index = 1; performance.now() - began < lastsMs || index <= LEAST_SAMPLES; index++) {
      await pause(began + index * everyMs - performance.now())
      const collectGarbage = index % collectEvery === 0
      const [ofServer, ofCrowd] = await witness.pause(() =>
        Promise.all([
          server.process.order('sample', { collectGarbage }),
          crowd.process.order('sample', { collectGarbage }),
        ]),
      )
      const { faults, ...numbers } = ofServer
      samples.push({
        atMs: performance.now() - began,
        collected: collectGarbage,
        server: numbers,
        clientRssBytes: ofCrowd.rssBytes,
        clientHeapBytes: ofCrowd.heapBytes,
        states: ofCrowd.states,
        reconnects: ofCrowd.reconnects,
        witness: witness.latencies.take(),
        load: (loadavg()[0] ?? 0) / cpus().length,
        counts: ofCrowd.counts,
      })
      const broken = [...faults, ...ofCrowd.broken, ...witness.broken.list()]
      failures.splice(0, failures.length, ...broken)
      show(result())
    }
    clearInterval(attacking)
    await Promise.all(attacks)
    const { expectations, broken } = await crowd.process.order('stop', {})
    await witness.close()
    remains = await server.process.order('settle', { withinMs: windowMs + SETTLE_MS })
    const tallies = new Map(await server.process.order('tallies', {}))
    const { faults } = await server.process.order('sample', { collectGarbage: false })
    failures.splice(0, failures.length, ...faults, ...broken, ...witness.broken.list())
    failures.push(...checkTallies(expectations, tallies), ...checkRemains(remains))
    for (const [who, growth] of Object.entries(result().growth)) {
      if (growth.grows)
        failures.push(`the memory of the ${who} grows by ${String(Math.round(growth.bytesPerMinute))} bytes a minute`)
    }
    await server.process.order('close', {})
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error))
  } finally {
    clearInterval(attacking)
    await Promise.all([server.process.kill(), crowd.process.kill()])
    await witness.close()
  }
  return result()
}

function within(value: number, { least, most }: { readonly least: number; readonly most: number }): number {
  return Math.min(Math.max(value, least), most)
}

function checkRemains({ stats, resources, resourcesBefore }: Remains): readonly string[] {
  const left = Object.entries(stats).filter(([, count]) => typeof count === 'number' && count !== 0)
  return [
    ...left.map(([name, count]) => `when all were gone, stats() told of ${String(count)} ${name}`),
    ...leftOver(resourcesBefore, resources).map((what) => `when all were gone, there were ${what}`),
  ]
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms))
  })
}
