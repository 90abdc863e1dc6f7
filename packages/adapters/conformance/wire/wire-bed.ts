// One process of each kind of server for all that is done to it over the wire, and an honest client beside it.
import { type Client, createClient } from '@tautline/client'
import { expect } from 'vitest'
import { type ServerKind, serverCapabilities } from '../capabilities.ts'
import type { Stand } from '../stands.ts'
import { type RunningServer, startServer } from '../start-server.ts'
import { frameBytes, Opcode } from './frame-bytes.ts'
import { requestBytes } from './request-bytes.ts'
import { wireApi } from './wire-contract.ts'
import { connectWire, type WireFrame, type WirePeer } from './wire-peer.ts'
import { EXIT_CODE_OF_HANGING, type WireUsage } from './wire-stands.ts'

export interface WireBed {
  readonly kind: ServerKind
  url(stand: Stand): string
  /** A TCP connection to the stand, cut at the end of the test. */
  connect(stand: Stand): Promise<WirePeer>
  /** The same, upgraded. */
  upgrade(stand: Stand): Promise<WirePeer>
  /** Somebody asks for an upgrade and resets the connection. */
  leaveDuringUpgrade(): Promise<void>
  /** To be cut at the end of the test. */
  keep<T extends { destroy(): void }>(peer: T): T
  /** Time enough for the server to act on what it has been sent. */
  roundTrips(): Promise<void>
  /** A new client that only echoes, and one that was there all the time. Fails unless both are served. */
  serveHonestClients(): Promise<void>
  usage(): Promise<WireUsage>
  /** On the stand `metered`, where nothing else moves time. */
  passSecond(): Promise<void>
  start(): Promise<void>
  /** Cuts what was kept. */
  release(): void
  /** Ends the process in good order. */
  stop(): Promise<void>
}

const ROUND_TRIPS = 3

export function createWireBed(kind: ServerKind): WireBed {
  let server: RunningServer
  let witness: Client<typeof wireApi>
  const open: { destroy(): void }[] = []
  let left = 0
  const pageUrl = (page: string): string => bed.url('main').replace(/^ws(.*)\/rpc$/, `http$1/${page}`)

  const bed: WireBed = {
    kind,
    url: (stand) => server.urls[stand] ?? `about:${stand}`,
    async connect(stand) {
      return bed.keep(await connectWire(Number(new URL(bed.url(stand)).port)))
    },
    async upgrade(stand) {
      const peer = await bed.connect(stand)
      await peer.write(requestBytes())
      expect((await peer.response())?.status).toBe(101)
      return peer
    },
    async leaveDuringUpgrade() {
      const peer = await bed.connect('echo')
      await peer.write(requestBytes())
      peer.reset()
      left += 1
    },
    keep(peer) {
      open.push(peer)
      return peer
    },
    async roundTrips() {
      for (let n = 0; n < ROUND_TRIPS; n++) await witness.add({ a: n, b: n })
    },
    async serveHonestClients() {
      const peer = await bed.upgrade('echo')
      await peer.write(frameBytes(Opcode.Binary, Buffer.from('honest')))
      expect((await nextFrame(peer))?.payload.toString()).toBe('honest')
      expect(await witness.add({ a: 1, b: 2 })).toBe(3)
      expect(witness.$.stats().reconnects).toBe(0)
    },
    async usage() {
      const response = await fetch(pageUrl('usage'))
      return (await response.json()) as WireUsage
    },
    async passSecond() {
      expect((await fetch(pageUrl('pass-second'))).status).toBe(204)
    },
    async start() {
      server = await startServer(kind, { script: new URL('wire-server.ts', import.meta.url) })
      witness = createClient(wireApi, { url: bed.url('main') })
      await witness.$.connected()
    },
    release() {
      for (const peer of open.splice(0)) peer.destroy()
    },
    async stop() {
      bed.release()
      await witness.$.close()
      // Those that do not notice a client that left wait for it in vain.
      const ends = left === 0 || serverCapabilities.upgradeReset.on[kind] === true
      expect(await server.stop()).toBe(ends ? 0 : EXIT_CODE_OF_HANGING)
    },
  }

  return bed
}

/** The next frame, as a server must write it: not masked, without reserved bits, control frames whole. RFC 6455, 5.1, 5.2 and 5.5. */
export async function nextFrame(peer: WirePeer): Promise<WireFrame | undefined> {
  const frame = await peer.frame()
  if (frame === undefined) return undefined
  expect({ masked: frame.masked, rsv: frame.rsv }).toEqual({ masked: false, rsv: 0 })
  if (frame.opcode >= Opcode.Close) expect(frame.fin).toBe(true)
  return frame
}
