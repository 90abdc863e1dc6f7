import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop gets to what is due. */
export interface EventLoopDelay {
  /** Of the time since this was asked last, in ms. */
  takeP99Ms(): number
  stop(): void
}

const RESOLUTION_MS = 10

/** `monitorEventLoopDelay` of Deno 2.9 is there and tells nothing: there a timer measures how late it is. */
export function watchEventLoopDelay(): EventLoopDelay {
  return 'Deno' in globalThis ? watchByTimer() : watchByHistogram()
}

function watchByHistogram(): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return {
    takeP99Ms() {
      // It measures from one of its timers to the next.
      const ms = Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS)
      histogram.reset()
      return ms
    },
    stop: () => void histogram.disable(),
  }
}

function watchByTimer(): EventLoopDelay {
  let delays: number[] = []
  let before = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    delays.push(Math.max(0, now - before - RESOLUTION_MS))
    before = now
  }, RESOLUTION_MS)
  return {
    takeP99Ms() {
      const sorted = delays.toSorted((a, b) => a - b)
      delays = []
      return sorted[Math.floor(sorted.length * 0.99)] ?? 0
    },
    stop: () => {
      clearInterval(timer)
    },
  }
}
