/** I5 where it cannot be seen from outside: what is kept to be sent again, in every session of a schedule. */

import { FrameType } from '@tautline/core/protocol'
import { Outbox } from '../../packages/core/src/io/outbox.ts'
import { type KeptBody, Replay } from '../../packages/core/src/io/replay.ts'
import { replaceMethod } from './replace-method.ts'

/** Calls `accuse` for each body that is kept without room for it, until the function that this returns is called. */
export function watchWindows(accuse: (text: string) => void): () => void {
  let closing = 0
  // What is held back leaves ahead of CLOSE, whatever its amount: nothing is kept after it.
  const restoreAppend = replaceMethod(Outbox.prototype, 'append', (append) => {
    return function (this: Outbox, frame, plain) {
      if (frame.type !== FrameType.Close) return append.call(this, frame, plain)
      closing++
      try {
        return append.call(this, frame, plain)
      } finally {
        closing--
      }
    }
  })
  const restoreKeep = replaceMethod(Replay.prototype, 'keep', (keep) => {
    return function (this: Replay, kept: KeptBody) {
      const { limits, byteLength } = this
      keep.call(this, kept)
      if (closing === 0 && (byteLength >= limits.bytes || this.frameCount > limits.frames)) {
        accuse(
          `${this.byteLength} bytes and ${this.frameCount} frames are kept, with room for ${limits.bytes} and ${limits.frames}`,
        )
      }
    }
  })
  return () => {
    restoreKeep()
    restoreAppend()
  }
}
