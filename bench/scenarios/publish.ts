import type { EventName } from '../harness/orders.ts'
import type { Figure, Sample, Scale, Scenario, Trial } from '../harness/scenario.ts'
import type { Pair, Stage } from '../harness/stage.ts'
import { roundWarmUp, warmUp } from '../harness/warm-up.ts'

const SUBSCRIBERS: Readonly<Record<Scale, number>> = { full: 1_000, quick: 200, tiny: 3 }
const PUBLISHES: Readonly<Record<Scale, number>> = { full: 40, quick: 5, tiny: 2 }

const CPU: readonly Figure[] = [
  { name: 'serverCpuUs', title: 'server CPU per delivery', unit: 'µs', better: 'less' },
  { name: 'clientCpuUs', title: 'client CPU per delivery', unit: 'µs', better: 'less' },
]
const WIRE: Figure = { name: 'wireBytes', title: 'bytes per delivery', unit: 'bytes', better: 'less' }

const shared = { headline: 'serverCpuUs', needs: ['publish'], rounds: { full: 7, quick: 2, tiny: 1 } } as const

export const publish: Scenario = {
  ...shared,
  name: 'publish',
  title: 'One publish to 1,000 subscribers',
  what: '1,000 connections listen (200 in quick runs); a record of two numbers is published to all, the next one when all have it.',
  figures: [...CPU, WIRE],
  begin: async (stage, scale) => beginPublish(await stage.pair(), 'tick', scale),
}

export const publishCompressed: Scenario = {
  ...shared,
  name: 'publish-compressed',
  title: 'One publish to 1,000 subscribers, compressed',
  what: 'As before, with 50 records of six fields and compression on; how often deflate ran for one publish is counted.',
  inQuickRuns: 'essential',
  figures: [...CPU, WIRE, { name: 'deflates', title: 'runs of deflate per publish', unit: 'times', better: 'less' }],
  begin: async (stage, scale) => beginPublish(await compressingPair(stage), 'rows', scale),
}

async function compressingPair(stage: Stage): Promise<Pair> {
  const { server, url } = await stage.server({ compression: true })
  return { server, client: await stage.client(url) }
}

async function beginPublish({ server, client }: Pair, event: EventName, scale: Scale): Promise<Trial> {
  const [subscribers, publishes] = [SUBSCRIBERS[scale], PUBLISHES[scale]]
  await client.order('open', { count: subscribers })
  await client.order('subscribe', { event })
  let sent = 0
  const publishTimes = async (times: number): Promise<number> => {
    let clientCpuUs = Number.NaN
    for (let n = 0; n < times; n++) {
      sent++
      await server.order('publish', { event, number: sent })
      const { cpuUs } = await client.order('delivered', { atLeast: sent * subscribers })
      clientCpuUs = cpuUs
    }
    return clientCpuUs
  }
  await warmUp(scale, () => publishTimes(publishes))
  return {
    async round(): Promise<Sample> {
      const clientBefore = await publishTimes(roundWarmUp(publishes))
      const before = await server.order('usage', {})
      const clientAfter = await publishTimes(publishes)
      const after = await server.order('usage', {})
      const deliveries = publishes * subscribers
      return {
        serverCpuUs: (after.cpuUs - before.cpuUs) / deliveries,
        clientCpuUs: (clientAfter - clientBefore) / deliveries,
        ...(after.wire === undefined || before.wire === undefined
          ? {}
          : {
              wireBytes: (after.wire.sent - before.wire.sent) / deliveries,
              deflates: (after.wire.deflates - before.wire.deflates) / publishes,
            }),
      }
    },
  }
}
