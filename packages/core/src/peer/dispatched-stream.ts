import type { TautlineError } from '../contract/error.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import { type Validation, validate } from '../contract/validate.ts'
import { Misfit } from '../packing/layout.ts'
import type { PackingCodec } from '../packing/packing-codec.ts'
import type { Payload } from '../protocol/frame.ts'
import type { CallStream } from './dispatched-call.ts'
import { createShapedList, decodeShaped, type Form, itemShapesOf, provesList, type Shape } from './forms.ts'
import { InputRejected } from './handler-failure.ts'
import { checkedOutput, validateInput } from './handler-run.ts'
import { type ItemPump, type ItemSource, startItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { type ItemLists, ItemSender } from './item-sender.ts'
import type { SessionLink, StreamEffect } from './link.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { isTracked, type Tracked } from './tracked.ts'

export interface DispatchedStreamOptions {
  readonly id: number
  readonly link: SessionLink
  readonly codec: PackingCodec
  /** In which items travel to the caller. */
  readonly form: Form
  /** Not validated. */
  readonly resume: unknown
}

/** Where a stream has got to, seen from the handler. */
type Delivery =
  | { readonly type: 'preparing' }
  | { readonly type: 'delivering'; readonly pump: ItemPump; readonly reject: (reason: unknown) => void }
  | { readonly type: 'aborted'; readonly reason: TautlineError }

export function createDispatchedStream(entry: ProcedureEntry, options: DispatchedStreamOptions): CallStream {
  const { id, link, resume } = options
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
      const sender = new ItemSender({ link, id, lists: listsOf(entry, options) })
      const pump = startItemPump({
        link,
        id,
        // Whoever is no source fails in the pump, as any source that cannot be read does.
        source: source as ItemSource<unknown>,
        sender,
        add: provingAdder(entry, options, sender),
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
    decode: ({ values, count }) => ({
      values: legible(() => codec.decodeList(values, count)),
      resumes: undefined,
      proven: false,
    }),
    check: (item) => validateInput(entry.def.up, item),
    onConsumed: (taken) => link.itemsConsumed(id, taken),
    // A handler that stops reading leaves the rest to the end of the call: without credit the caller sends no more.
    onCancel: () => {},
  })
}

function listsOf(entry: ProcedureEntry, { codec, form }: DispatchedStreamOptions): ItemLists {
  const { values, resumes } = itemShapesOf(entry, form)
  return {
    createValues: () => createShapedList(codec, values),
    createResumes: () => createShapedList(codec, resumes),
  }
}

type AddItem = (item: unknown) => MaybePromise<void>

/** Made once per stream: with a closure per item the closures would cost more than the items. */
function itemAdder(entry: ProcedureEntry, sender: ItemSender): AddItem {
  const { output } = entry.def
  const add = (checked: Validation<unknown>): void => sender.addValid(checkedOutput(entry, checked), undefined)
  return (item) => {
    const checked = output === undefined ? NOTHING : validate(output, item)
    return checked instanceof Promise ? checked.then(add) : add(checked)
  }
}

function trackedAdder(entry: ProcedureEntry, sender: ItemSender): AddItem {
  const { def } = entry
  return (tracked) => {
    const { item, resume } = trackedOf(entry, tracked)
    const checked = def.output === undefined ? NOTHING : validate(def.output, item)
    const checkedResume = def.resume === undefined ? NOTHING : validate(def.resume, resume)
    if (checked instanceof Promise || checkedResume instanceof Promise) {
      return Promise.all([checked, checkedResume]).then(([one, other]) =>
        sender.addValid(checkedOutput(entry, one), checkedOutput(entry, other)),
      )
    }
    return sender.addValid(checkedOutput(entry, checked), checkedOutput(entry, checkedResume))
  }
}

/** Lists that prove what they take need no validation before; what they do not take is for that to judge. */
function provingAdder(entry: ProcedureEntry, options: DispatchedStreamOptions, sender: ItemSender): AddItem {
  const { def } = entry
  const isTrackedHere = def.resume !== undefined
  const validating = isTrackedHere ? trackedAdder(entry, sender) : itemAdder(entry, sender)
  const { values, resumes } = itemShapesOf(entry, options.form)
  const proves = provesList(options.codec, values) && (!isTrackedHere || provesList(options.codec, resumes))
  if (!proves) return validating
  return (item) => {
    try {
      if (!isTrackedHere) sender.add(item)
      else if (isTracked(item)) sender.add(item.item, item.resume)
      else return validating(item)
      return undefined
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
    }
    return validating(item)
  }
}

function trackedOf({ path }: ProcedureEntry, value: unknown): Tracked {
  if (isTracked(value)) return value
  throw new Error(`Expected \`${path}\` to yield \`tracked(resume, item)\`: it declares \`resume\``)
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
