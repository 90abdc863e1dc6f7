import type { Frame } from '../protocol/frame.ts'
import { isCounted } from '../protocol/frame.ts'
import { MessageBuilder } from '../protocol/message-builder.ts'
import type { Compressor } from './ports.ts'

/**
 * One frame for many receivers: encoded once, and compressed at most once, however many connections send it.
 */
export class SharedFrame {
  /** A message body that holds this frame alone. */
  readonly body: Uint8Array
  readonly counted: boolean
  /** Whether the body may be compressed at all. */
  readonly compress: boolean
  /** Of a frame that is not counted: while it waits, a later one of the same slot takes its place. Without one it never waits. */
  readonly slot: string | undefined
  #deflated: Uint8Array | Promise<Uint8Array> | undefined

  constructor(frame: Frame, compress: boolean, slot?: string) {
    const builder = new MessageBuilder()
    builder.append(frame)
    this.body = builder.takeBody()
    this.counted = isCounted(frame)
    this.compress = compress
    this.slot = slot
  }

  deflated(compressor: Compressor): Uint8Array | Promise<Uint8Array> {
    this.#deflated ??= compressor.deflate(this.body)
    return this.#deflated
  }
}
