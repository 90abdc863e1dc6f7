export { type LaneMode, MemoryLane } from './memory-lane.ts'
export { MemoryLink } from './memory-link.ts'
export {
  createMemoryNetwork,
  type MemoryAcceptor,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from './memory-network.ts'
export { createRandom } from './random.ts'
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts'
