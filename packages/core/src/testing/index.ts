export { type LaneMode, MemoryLane } from './memory-lane.ts'
export { MemoryLink } from './memory-link.ts'
export {
  createMemoryNetwork,
  type MemoryAcceptor,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from './memory-network.ts'
export { createRandom } from './random.ts'
export { rawHello, rawWelcome } from './raw-hello.ts'
export { type RawClose, RawPeer, type RawPeerOptions } from './raw-peer.ts'
export { SessionEnd, type SessionEndOptions } from './session-end.ts'
export {
  type ClientEnd,
  createSessionPair,
  type ServerEnd,
  type SessionPair,
  type SessionPairOptions,
} from './session-pair.ts'
export { createVirtualClock, type VirtualClock, type VirtualClockOptions } from './virtual-clock.ts'
