import type { Stand } from '../stands.ts'
import { requestBytes } from './request-bytes.ts'
import type { WireBed } from './wire-bed.ts'
import { connectWire, type WirePeer } from './wire-peer.ts'

interface Slowness {
  readonly stand: Stand
  readonly first: Uint8Array
  /** Sent again and again, so that the connection is never silent for long. */
  readonly more?: Uint8Array
}

const request = requestBytes()
const requestLine = request.subarray(0, request.indexOf('\r\n') + 2)
/** The beginning of a TLS record of 512 bytes, and of the hello in it. */
const tlsHello = Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)

/** Ways to take one's time before there is a WebSocket. */
const slownesses = {
  'says nothing': { stand: 'echo', first: Buffer.alloc(0) },
  'stops in the middle of its head': { stand: 'echo', first: request.subarray(0, request.byteLength / 2) },
  'sends a header twice a second': { stand: 'echo', first: requestLine, more: Buffer.from('x-a: b\r\n') },
  'says nothing where TLS is spoken': { stand: 'tls', first: Buffer.alloc(0) },
  'sends its TLS hello byte by byte': { stand: 'tls', first: tlsHello, more: Buffer.of(0) },
} as const satisfies Record<string, Slowness>

type SlowManner = keyof typeof slownesses
export const slowManners = Object.keys(slownesses) as SlowManner[]

/** How the server gave a client up, or that it did not within the time. */
interface SlowEnd {
  readonly state: 'given up' | 'kept'
  readonly status: number | undefined
  readonly afterMs: number
}

/** One client of each manner. They take longest of all, so they begin with everything else and are looked at behind it. */
export interface SlowHeads {
  begin(): Promise<void>
  endOf(manner: SlowManner): Promise<SlowEnd>
  stop(): void
}

const MORE_EVERY_MS = 500

/** @param withinMs when it is plain that the server keeps them; no clock of a test's own can stand for this one */
export function createSlowHeads(bed: WireBed, withinMs: number): SlowHeads {
  const begun: WirePeer[] = []
  const timers: NodeJS.Timeout[] = []
  const ends = new Map<SlowManner, Promise<SlowEnd>>()

  async function begin(manner: SlowManner): Promise<void> {
    const { stand, first, more }: Slowness = slownesses[manner]
    const peer = await connectWire(Number(new URL(bed.url(stand)).port))
    begun.push(peer)
    const began = performance.now()
    const endIn = (state: SlowEnd['state'], status?: number): SlowEnd => ({
      state,
      status,
      afterMs: performance.now() - began,
    })
    const givenUp = peer.response().then((answer) => endIn('given up', answer?.status))
    const kept = new Promise<SlowEnd>((resolve) => {
      timers.push(setTimeout(() => resolve(endIn('kept')), withinMs))
    })
    ends.set(manner, Promise.race([givenUp, kept]))
    await peer.write(first)
    if (more !== undefined) timers.push(setInterval(() => void peer.write(more), MORE_EVERY_MS))
  }

  return {
    async begin() {
      await Promise.all(slowManners.map(begin))
    },
    endOf: (manner) => ends.get(manner) ?? Promise.reject(new Error(`Expected to have begun: ${manner}`)),
    stop() {
      for (const timer of timers) clearInterval(timer)
      for (const peer of begun) peer.destroy()
    },
  }
}
