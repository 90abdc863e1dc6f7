import process from 'node:process'

/** What a process has used until now. */
export interface Usage {
  /** User and system, all threads: garbage collection and the compiler included. */
  readonly cpuUs: number
  readonly rssBytes: number
  /** On the heap, and what it holds outside. */
  readonly heapBytes: number
}

interface Runtime {
  /** Node and Deno, by `--expose-gc`. */
  readonly gc?: () => void
  readonly Bun?: { readonly gc: (synchronously: boolean) => void }
}

export function readUsage(): Usage {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed + external }
}

/** Several times: what finalizers let go of is collected by the next one. */
export function collectGarbage(): void {
  const { gc, Bun: bun } = globalThis as Runtime
  for (let i = 0; i < 3; i++) {
    if (bun === undefined) gc?.()
    else bun.gc(true)
  }
}
