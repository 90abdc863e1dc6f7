import type { Compressor } from './ports.ts'

/** A compressor that answers when the test says so. */
export interface HeldCompressor extends Compressor {
  /** Answers the oldest question that is open. */
  release(): Promise<void>
  readonly held: number
}

/**
 * Deflates a body to four bytes that name it, and inflates those to the body again, each only after `release`: what
 * counts here is time, not size.
 */
export function createHeldCompressor(): HeldCompressor {
  const bodies: Uint8Array[] = []
  const open: (() => void)[] = []
  const hold = async <T>(value: () => T): Promise<T> => {
    await new Promise<void>((resolve) => {
      open.push(resolve)
    })
    return value()
  }
  return {
    algorithm: 'deflate-raw',
    deflate(body) {
      const index = bodies.push(body) - 1
      return hold(() => Uint8Array.of(0xde, 0xad, 0, index))
    },
    inflate(body) {
      return hold(() => bodies[body[3] ?? 0] ?? new Uint8Array())
    },
    get held() {
      return open.length
    },
    async release() {
      open.shift()?.()
      // Enough turns of the microtask queue for whoever waits to go on.
      for (let i = 0; i < 10; i++) await Promise.resolve()
    },
  }
}
