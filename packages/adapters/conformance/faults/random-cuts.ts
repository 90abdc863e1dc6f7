import type { Random } from '@tautline/core/io'
import type { Admission } from './admission.ts'
import type { Place } from './fault-place.ts'
import type { Lane } from './lane.ts'
import type { ProxiedConnection } from './proxied-connection.ts'

/** Ways to lose a connection. All but the last end one that was forwarded. */
export const cutKinds = [
  'reset',
  'mid-frame',
  'at-byte',
  'stall',
  'half-open',
  'one-sided',
  'split',
  'merge',
  'not-admitted',
] as const
export type CutKind = (typeof cutKinds)[number]

/** Of a connection whose server has answered: enough for some calls. */
const MOST_AGE_MS = 6
/** No answer comes, a frame that was waited for, a byte: no connection lives for longer. */
const END_MS = 60
/** Frames of one direction, of a connection that lives so long. */
const MOST_FRAME = 6
const MOST_BYTE = 4096
const PIECE_BYTES = { least: 8, most: 64 }

export interface RandomCuts {
  /** Plans the end of a connection. */
  strike(connection: ProxiedConnection): CutKind
  /** What becomes of the next connection, and of what kind it is if that is a cut. */
  admit(): { readonly admission: Admission; readonly kind: CutKind | undefined }
}

/** The same faults for the same random source; when each one strikes depends on the traffic too. */
export function createRandomCuts(random: Random): RandomCuts {
  const below = (count: number): number => Math.floor(random() * count)
  const pick = <T>(choices: readonly [T, ...T[]]): T => choices[below(choices.length)] ?? choices[0]
  const age = (): number => random() * MOST_AGE_MS
  const lanesOf = ({ up, down }: ProxiedConnection): readonly Lane[] => pick([[up], [down], [up, down]])
  const laneOf = ({ up, down }: ProxiedConnection): Lane => pick([up, down])

  function resetAt(connection: ProxiedConnection, place: Place): void {
    laneOf(connection).at(place, pick(['reset', 'reset', 'end']))
  }

  /** Something goes wrong, and a while later both ends are told. From WELCOME on, however slow the machine is. */
  function later(connection: ProxiedConnection, begin: () => void): void {
    const [beginMs, restMs] = [age(), age()]
    whenWelcome(connection, () => {
      connection.afterMs(beginMs, begin)
      connection.afterMs(beginMs + restMs, () => {
        connection.reset()
      })
    })
  }

  /** Half of the time somewhere in the handshake or the first messages, else some time later. */
  function breakLanes(connection: ProxiedConnection, act: 'stall' | 'drop'): void {
    const lanes = lanesOf(connection)
    if (random() < 0.5) for (const lane of lanes) lane.at({ byte: below(MOST_BYTE) }, act)
    later(connection, () => {
      for (const lane of lanes) lane[act]()
    })
  }

  const strikes: Readonly<Record<Exclude<CutKind, 'not-admitted'>, (connection: ProxiedConnection) => void>> = {
    reset: (connection) => {
      const index = below(MOST_FRAME)
      resetAt(connection, pick([{ before: index }, { after: index }]))
    },
    'mid-frame': (connection) => {
      resetAt(connection, { inside: below(MOST_FRAME) })
    },
    'at-byte': (connection) => {
      resetAt(connection, { byte: below(MOST_BYTE) })
    },
    stall: (connection) => {
      breakLanes(connection, 'stall')
    },
    'half-open': (connection) => {
      breakLanes(connection, 'drop')
    },
    // The client is back while its server still holds the old connection.
    'one-sided': (connection) => {
      const side = pick<'client' | 'server'>(['client', 'server'])
      later(connection, () => {
        connection.reset(side)
      })
    },
    split: (connection) => {
      const pieceBytes = PIECE_BYTES.least + below(PIECE_BYTES.most - PIECE_BYTES.least + 1)
      for (const lane of [connection.up, connection.down]) lane.setPace({ type: 'split', pieceBytes })
    },
    merge: (connection) => {
      const pace = { type: 'merge', atLeastBytes: 1 + below(MOST_BYTE), pauseMs: 1 + below(3) } as const
      for (const lane of [connection.up, connection.down]) lane.setPace(pace)
    },
  }
  const kinds = Object.keys(strikes) as [keyof typeof strikes]

  return {
    strike(connection) {
      const kind = pick(kinds)
      strikes[kind](connection)
      later(connection, () => undefined)
      connection.afterMs(END_MS, () => {
        connection.reset()
      })
      return kind
    },
    admit() {
      if (below(kinds.length + 1) > 0) return { admission: { type: 'forward' }, kind: undefined }
      const admission = pick<Admission>([
        { type: 'close' },
        { type: 'reset' },
        { type: 'refuse', status: 503 },
        { type: 'upgrade', closeAfterMs: age() },
      ])
      return { admission, kind: 'not-admitted' }
    },
  }
}

function whenWelcome({ down }: ProxiedConnection, task: () => void): void {
  // It may well end before.
  down.frame(0).then(task, () => undefined)
}
