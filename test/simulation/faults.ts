/** Does the steps of a schedule that are no application's. */

import { assertNever } from '../../packages/core/src/peer/assert-never.ts'
import type { FaultStep, Who } from './schedule.ts'
import type { Servers } from './servers.ts'
import { breakLink, type SimulatedClient } from './simulated-client.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

const TICK_MS = 1_000

export interface Stage {
  readonly world: World
  readonly clients: readonly SimulatedClient[]
  readonly servers: Servers
}

export function doFault({ world, clients, servers }: Stage, step: FaultStep): void {
  const { clock, door, book } = world
  const after = (ms: number, task: () => void): void => void clock.schedule(clock.now() + ms, task)
  switch (step.type) {
    case 'cut':
      clients[step.client]?.lastLink?.cut()
      break
    case 'silence':
      clients[step.client]?.lastLink?.silence(step.direction)
      break
    case 'pause': {
      const link = clients[step.client]?.lastLink
      for (const direction of step.direction === 'both' ? (['up', 'down'] as const) : [step.direction]) {
        // What is lost stays lost: no network takes up again behind a hole.
        if (link?.[direction].mode === 'flowing') link.pause(direction)
      }
      after(step.forMs, () => link?.resume(step.direction))
      break
    }
    case 'slow': {
      const link = clients[step.client]?.lastLink
      if (step.direction !== 'down') link?.up.setBandwidth(step.bytesPerMs)
      if (step.direction !== 'up') link?.down.setBandwidth(step.bytesPerMs)
      break
    }
    case 'break': {
      const link = clients[step.client]?.lastLink
      if (step.when === 'next link') clients[step.client]?.breakNextLink(step)
      else if (link !== undefined) breakLink(link, step)
      break
    }
    case 'unreachable': {
      const network = clients[step.client]?.networks[step.transport]
      network?.setReachable(step.how)
      after(step.forMs, () => {
        if (!servers.current.process.isDead) network?.setReachable('open')
      })
      break
    }
    case 'decide':
      door.decisionMs = step.ms
      after(step.forMs, () => {
        door.decisionMs = 0
      })
      break
    case 'ban':
      door.banned.add(step.client)
      book.banned(step.client, step.forMs)
      after(step.forMs, () => door.banned.delete(step.client))
      break
    case 'restart':
      servers.restart(step)
      break
    case 'drain':
      servers.drain(step.drainMs)
      break
    case 'sleep':
      processOf({ world, clients, servers }, step.who)?.sleep(step.ms, step.wakening)
      break
    case 'throttle': {
      const process = clients[step.client]?.process
      process?.throttle(TICK_MS)
      after(step.forMs, () => process?.throttle(0))
      break
    }
    case 'jump':
      book.jumped(step.ms)
      processOf({ world, clients, servers }, step.who)?.jump(step.ms)
      break
    default:
      assertNever(step)
  }
}

function processOf({ clients, servers }: Stage, who: Who): SimulatedProcess | undefined {
  return who === 'server' ? servers.current.process : clients[who]?.process
}
