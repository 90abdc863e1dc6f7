import type { TautlineError } from '../contract/error.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import { type Validation, validate } from '../contract/validate.ts'
import type { PackingCodec } from '../packing/packing-codec.ts'
import type { Payload } from '../protocol/frame.ts'
import type { CallStream } from './dispatched-call.ts'
import { decodeShaped, type Shape } from './forms.ts'
import { InputRejected } from './handler-failure.ts'
import { checkedOutput, validateInput } from './handler-run.ts'
import { type ItemPump, type ItemSource, startItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { ItemSender } from './item-sender.ts'
import type { SessionLink, StreamEffect } from './link.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { isTracked } from './tracked.ts'

export interface DispatchedStreamOptions {
  readonly id: number
  readonly link: SessionLink
  readonly codec: PackingCodec
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
      case 'items':
        queue?.push(effect)
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
      const sender = new ItemSender({ link, id, codec })
      const pump = startItemPump({
        link,
        id,
        // Whoever is no source fails in the pump, as any source that cannot be read does.
        source: source as ItemSource<unknown>,
        sender,
        add: entry.def.resume === undefined ? itemAdder(entry, sender) : trackedAdder(entry, sender),
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

function createUpQueue(entry: ProcedureEntry, { id, link, codec }: DispatchedStreamOptions): ItemQueue<unknown> {
  return new ItemQueue({
    decode: ({ values, count }) => ({ values: legible(() => codec.decodeList(values, count)), resumes: undefined }),
    check: (item) => validateInput(entry.def.up, item),
    onConsumed: (taken) => link.itemsConsumed(id, taken),
    // A handler that stops reading leaves the rest to the end of the call: without credit the caller sends no more.
    onCancel: () => {},
  })
}

type AddItem = (item: unknown) => MaybePromise<void>

/** Made once per stream: with a closure per item the closures would cost more than the items. */
function itemAdder(entry: ProcedureEntry, sender: ItemSender): AddItem {
  const { output } = entry.def
  const add = (checked: Validation<unknown>): void => sender.add(checkedOutput(entry, checked))
  return (item) => {
    const checked = output === undefined ? NOTHING : validate(output, item)
    return checked instanceof Promise ? checked.then(add) : add(checked)
  }
}

function trackedAdder(entry: ProcedureEntry, sender: ItemSender): AddItem {
  const { path, def } = entry
  return (item) => {
    if (!isTracked(item))
      throw new Error(`Expected \`${path}\` to yield \`tracked(resume, item)\`: it declares \`resume\``)
    const checked = def.output === undefined ? NOTHING : validate(def.output, item.item)
    const checkedResume = def.resume === undefined ? NOTHING : validate(def.resume, item.resume)
    if (checked instanceof Promise || checkedResume instanceof Promise) {
      return Promise.all([checked, checkedResume]).then(([value, resume]) =>
        sender.add(checkedOutput(entry, value), checkedOutput(entry, resume)),
      )
    }
    return sender.add(checkedOutput(entry, checked), checkedOutput(entry, checkedResume))
  }
}

const NOTHING: Validation<undefined> = Object.freeze({ ok: true, value: undefined })

/** Well-formed MessagePack may still be no value of ours, such as an invalid date: that is the caller's fault. */
export function decodeInput(codec: PackingCodec, shape: Shape, payload: Payload | undefined): unknown {
  return legible(() => decodeShaped(codec, shape, payload))
}

function legible<T>(decode: () => T): T {
  try {
    return decode()
  } catch {
    throw new InputRejected([{ message: 'The value cannot be read', path: [] }])
  }
}
