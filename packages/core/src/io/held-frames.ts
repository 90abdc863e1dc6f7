import { type CountedFrame, type Frame, FrameType } from '../protocol/frame.ts'
import type { SharedFrame } from './shared-frame.ts'

/*
 * Counted frames that wait until the peer has acknowledged enough of what is under way. Owns: their order, and how much there is.
 * Must not know: messages, when there is room.
 */

/** A frame that waits for room, or one for many receivers. */
export type Held =
  | { readonly type: 'own'; readonly frame: CountedFrame; readonly plain: boolean; readonly bytes: number }
  | { readonly type: 'shared'; readonly frame: SharedFrame; readonly bytes: number }

/** Of a frame beside its payload, in memory. */
const FRAME_BYTES = 64

export class HeldFrames {
  #held: Held[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#held.length === 0
  }

  /** In memory, roughly. */
  get byteLength(): number {
    return this.#bytes
  }

  hold(frame: CountedFrame, plain: boolean): void {
    this.#push({ type: 'own', frame, plain, bytes: bytesOf(frame) })
  }

  holdShared(frame: SharedFrame): void {
    this.#push({ type: 'shared', frame, bytes: frame.body.byteLength })
  }

  /** Lets one after the other leave, while there is room. What comes meanwhile is held behind those that stay. */
  release(hasRoom: () => boolean, leave: (held: Held) => void): void {
    const held = this.#held
    let next = 0
    // Those that leave do not wait behind those that may have to stay.
    this.#held = []
    for (let one = held[next]; one !== undefined && hasRoom(); one = held[next]) {
      next++
      this.#bytes -= one.bytes
      leave(one)
    }
    this.#held = [...held.slice(next), ...this.#held]
  }

  /** All of them, oldest first: none is held any more. */
  takeAll(): readonly Held[] {
    const held = this.#held
    this.clear()
    return held
  }

  /** Ids of the calls, streams and topics that they ask for. */
  requests(): ReadonlySet<number> {
    const ids = new Set<number>()
    for (const { type, frame } of this.#held) if (type === 'own' && isRequest(frame)) ids.add(frame.id)
    return ids
  }

  /**
   * Forgets the requests, with all that follows them.
   *
   * @returns their ids
   */
  dropRequests(): ReadonlySet<number> {
    const ids = this.requests()
    if (ids.size === 0) return ids
    const kept: Held[] = []
    for (const held of this.#held) {
      const isTheirs = held.type === 'own' && 'id' in held.frame && ids.has(held.frame.id)
      if (isTheirs) this.#bytes -= held.bytes
      else kept.push(held)
    }
    this.#held = kept
    return ids
  }

  clear(): void {
    this.#held = []
    this.#bytes = 0
  }

  #push(held: Held): void {
    this.#held.push(held)
    this.#bytes += held.bytes
  }
}

type RequestFrame = Extract<
  CountedFrame,
  { readonly type: typeof FrameType.Call | typeof FrameType.Open | typeof FrameType.Listen }
>

export function isRequest(frame: Frame): frame is RequestFrame {
  return frame.type === FrameType.Call || frame.type === FrameType.Open || frame.type === FrameType.Listen
}

function bytesOf(frame: CountedFrame): number {
  let bytes = FRAME_BYTES
  for (const value of Object.values(frame)) if (value instanceof Uint8Array) bytes += value.byteLength
  return bytes
}
