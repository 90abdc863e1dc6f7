import type { Random } from '@tautline/core/io'
import type { Admission } from '../../packages/adapters/conformance/faults/admission.ts'
import type { ProxiedConnection } from '../../packages/adapters/conformance/faults/proxied-connection.ts'

/** How long the average connection lives, in ms: beyond it is struck. */
const AGE_MS = 20_000
/** From when nothing passes until both ends are told, if they are. */
const SILENCE_MS = 5_000
const MOST_BYTE = 500_000
/** Connections that are refused in one way or another, of 100. */
const REFUSED_OF_100 = 3

export interface NetworkFaults {
  /** Plans what becomes of a connection that was forwarded. */
  strike(connection: ProxiedConnection): void
  admit(): Admission
}

/** @param did is told of each fault, by its name */
export function createNetworkFaults(random: Random, did: (fault: string) => void): NetworkFaults {
  const below = (count: number): number => Math.floor(random() * count)
  const pick = <T>(choices: readonly [T, ...T[]]): T => choices[below(choices.length)] ?? choices[0]
  const age = (): number => -Math.log(1 - random()) * AGE_MS

  const kinds: Readonly<Record<string, (connection: ProxiedConnection) => void>> = {
    resets: (connection) => {
      connection.reset(pick(['both', 'client', 'server']))
    },
    'silent losses': (connection) => {
      connection.up.drop()
      connection.down.drop()
      connection.afterMs(below(SILENCE_MS), () => {
        connection.reset()
      })
    },
    stalls: (connection) => {
      const lanes = pick([[connection.up], [connection.down], [connection.up, connection.down]])
      for (const lane of lanes) lane.stall()
      connection.afterMs(below(SILENCE_MS), () => {
        for (const lane of lanes) lane.flow()
      })
    },
  }
  const names = Object.keys(kinds) as [string]

  return {
    strike(connection) {
      const kind = below(5)
      if (kind === 0) {
        did('cuts at a byte')
        pick([connection.up, connection.down]).at({ byte: below(MOST_BYTE) }, pick(['reset', 'end']))
      } else if (kind === 1) {
        did('slow lanes')
        const pieceBytes = 64 + below(1024)
        connection.down.setPace({ type: 'split', pieceBytes })
      }
      connection.afterMs(age(), () => {
        const name = pick(names)
        did(name)
        kinds[name]?.(connection)
      })
    },
    admit() {
      if (below(100) >= REFUSED_OF_100) return { type: 'forward' }
      did('refused connections')
      return pick<Admission>([{ type: 'close' }, { type: 'reset' }, { type: 'refuse', status: 503 }])
    },
  }
}
