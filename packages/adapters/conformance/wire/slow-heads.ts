import { requestBytes } from './request-bytes.ts'
import type { WireBed } from './wire-bed.ts'
import { connectWire, type WirePeer } from './wire-peer.ts'

/** Ways to take one's time with a request. */
export const slowManners = ['says nothing', 'stops in the middle of its head', 'sends a header twice a second'] as const
type SlowManner = (typeof slowManners)[number]

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

const DRIP_MS = 500

/** @param withinMs when it is plain that the server keeps them; no clock of a test's own can stand for this one */
export function createSlowHeads(bed: WireBed, withinMs: number): SlowHeads {
  const request = requestBytes()
  const begun: WirePeer[] = []
  const timers: NodeJS.Timeout[] = []
  const ends = new Map<SlowManner, Promise<SlowEnd>>()

  async function begin(manner: SlowManner, first: Uint8Array): Promise<WirePeer> {
    const peer = await connectWire(Number(new URL(bed.url('echo')).port))
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
    return peer
  }

  return {
    async begin() {
      await begin('says nothing', Buffer.alloc(0))
      await begin('stops in the middle of its head', request.subarray(0, request.byteLength / 2))
      const dripping = await begin('sends a header twice a second', request.subarray(0, request.indexOf('\r\n') + 2))
      timers.push(setInterval(() => void dripping.write(Buffer.from('x-a: b\r\n')), DRIP_MS))
    },
    endOf: (manner) => ends.get(manner) ?? Promise.reject(new Error(`Expected to have begun: ${manner}`)),
    stop() {
      for (const timer of timers) clearInterval(timer)
      for (const peer of begun) peer.destroy()
    },
  }
}
