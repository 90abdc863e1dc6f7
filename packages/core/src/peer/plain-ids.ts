import { type Frame, FrameType } from '../protocol/frame.ts'
import type { Effect } from '../session/effect.ts'

type SettlingEffect = Extract<Effect, { readonly type: 'abort' | 'ok' | 'error' | 'timeout' | 'end' }>

/**
 * Which calls and streams stay out of compressed messages, until they are settled. A message that compresses a secret together
 * with text of an attacker's choice tells the secret by its length (CRIME, BREACH).
 */
export class PlainIds {
  readonly #ids = new Set<number>()
  readonly #isOwn: (id: number) => boolean

  constructor(isOwn: (id: number) => boolean) {
    this.#isOwn = isOwn
  }

  get size(): number {
    return this.#ids.size
  }

  add(id: number): void {
    this.#ids.add(id)
  }

  /** Forgets what the peer has settled, or told us to. Its END settles a stream of ours, of its own it ends the items alone. */
  settledBy({ type, id }: SettlingEffect): void {
    if (type !== 'end' || this.#isOwn(id)) this.#ids.delete(id)
  }

  /** It is not going to leave at all. */
  forget(id: number): void {
    this.#ids.delete(id)
  }

  /** Whether the message that takes `frame` must not be compressed. Forgets the id with its last frame. */
  take(frame: Frame): boolean {
    if (!('id' in frame) || !this.#ids.has(frame.id)) return false
    if (this.#settles(frame)) this.#ids.delete(frame.id)
    return true
  }

  #settles(frame: Frame & { readonly id: number }): boolean {
    const { type } = frame
    if (type === FrameType.End) return !this.#isOwn(frame.id)
    return type === FrameType.Ok || type === FrameType.Error || type === FrameType.Cancel
  }
}
