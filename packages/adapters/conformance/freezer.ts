import type { ChildProcess } from 'node:child_process'
import process from 'node:process'

/** Stops a process in the middle of whatever it does, and lets it go on. Its sockets stay meanwhile, and the kernel answers for them. */
export interface Freezer {
  /** SIGSTOP. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
}

export function createFreezer(child: ChildProcess): Freezer {
  // A stopped process does not notice that its stdin ends: it would stay for ever.
  const thaw = (): void => {
    process.off('exit', thaw)
    child.kill('SIGCONT')
  }
  return {
    freeze() {
      process.once('exit', thaw)
      child.kill('SIGSTOP')
    },
    thaw,
  }
}
