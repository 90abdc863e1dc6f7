import type { TautlineError } from '../contract/error.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { Payload } from '../protocol/frame.ts'
import type { ValueCodec } from '../protocol/value-codec.ts'
import type { CallStream } from './dispatched-call.ts'
import { InputRejected } from './handler-failure.ts'
import { validateInput, validateOutput } from './handler-run.ts'
import { type EncodedItem, type ItemPump, type ItemSource, startItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import type { SessionLink, StreamEffect } from './link.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import { isTracked } from './tracked.ts'

export interface DispatchedStreamOptions {
  readonly id: number
  readonly link: SessionLink
  readonly codec: ValueCodec
  /** Not validated. */
  readonly resume: unknown
}

/** Where a stream has got to, seen from the handler. */
type Delivery =
  | { readonly type: 'preparing' }
  | { readonly type: 'delivering'; readonly pump: ItemPump; readonly reject: (reason: unknown) => void }
  | { readonly type: 'aborted'; readonly reason: TautlineError }

export function createDispatchedStream(entry: ProcedureEntry, options: DispatchedStreamOptions): CallStream {
  const { id, link, codec, resume } = options
  const queue = entry.kind === 'duplex' ? createUpQueue(entry, options) : undefined
  let delivery: Delivery = { type: 'preparing' }

  const onStreamEffect = (effect: StreamEffect): void => {
    switch (effect.type) {
      case 'item':
        queue?.push(effect.value, effect.value.byteLength)
        break
      case 'end':
        queue?.end()
        break
      case 'writable':
        if (delivery.type === 'delivering') delivery.pump.writable()
        break
    }
  }

  const deliver = (source: unknown): Promise<void> =>
    new Promise((resolve, reject) => {
      const pump = startItemPump({
        link,
        id,
        // Whoever is no source fails in the pump, as any source that cannot be read does.
        source: source as ItemSource<unknown>,
        encode: (item) => encodeItem(entry, codec, item),
        onEnd: resolve,
        onFailure: reject,
      })
      if (delivery.type === 'aborted') {
        // The handler took its time to make the source; now nobody wants it.
        void pump.abort()
        reject(delivery.reason)
        return
      }
      delivery = { type: 'delivering', pump, reject }
    })

  const abort = (reason: TautlineError): Promise<void> | undefined => {
    const before = delivery
    delivery = { type: 'aborted', reason }
    queue?.fail(reason)
    if (before.type !== 'delivering') return undefined
    const ended = before.pump.abort()
    before.reject(reason)
    return ended
  }

  return {
    resume,
    up: queue,
    deliver,
    onStreamEffect,
    abort,
    finish() {
      // An item that is still under way has no reader any more. The session ignores it by itself.
      queue?.end()
    },
  }
}

function createUpQueue(
  entry: ProcedureEntry,
  { id, link, codec }: DispatchedStreamOptions,
): ItemQueue<Payload, unknown> {
  return new ItemQueue({
    decode: (payload) => validateInput(entry.def.up, decodeInput(codec, payload)),
    onConsumed: (byteLength) => link.itemConsumed(id, byteLength),
    // A handler that stops reading leaves the rest to the end of the call: without credit the caller sends no more.
    onCancel: () => {},
  })
}

function encodeItem(entry: ProcedureEntry, codec: ValueCodec, item: unknown): MaybePromise<EncodedItem> {
  const { def, path } = entry
  if (def.resume === undefined) {
    return andThen(validateOutput(entry, def.output, item), (value) => ({
      value: codec.encode(value),
      resume: undefined,
    }))
  }
  if (!isTracked(item))
    throw new Error(`Expected \`${path}\` to yield \`tracked(resume, item)\`: it declares \`resume\``)
  return andThen(validateOutput(entry, def.output, item.item), (value) =>
    andThen(validateOutput(entry, def.resume, item.resume), (resume) => ({
      value: codec.encode(value),
      resume: codec.encode(resume),
    })),
  )
}

/** Well-formed MessagePack may still be no value of ours, such as an invalid date: that is the caller's fault. */
export function decodeInput(codec: ValueCodec, payload: Payload | undefined): unknown {
  if (payload === undefined) return undefined
  try {
    return codec.decode(payload)
  } catch {
    throw new InputRejected([{ message: 'The value cannot be read', path: [] }])
  }
}
