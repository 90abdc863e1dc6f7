/**
 * Calls the other end of one connection, without reconnects: what is lost with the connection is lost.
 *
 * Owns: values to payloads and back, cancelling. Must not know: sessions, sockets. Streams begin at once,
 * and are paced by credit until somebody reads.
 */
import { TautlineError } from '../contract/error.ts'
import { isBuiltInCode } from '../contract/error-messages.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type { PackingCodec } from '../packing/packing-codec.ts'
import type { Payload, ProcedureRef } from '../protocol/frame.ts'
import { type CallObserver, endingOf, observeMade, withMeta } from './call-observer.ts'
import { checkCallOptions, checkTakesKey, deadlineAfter, metaOf } from './call-options.ts'
import type { Caller, CallRequest, CallSink, FailureSink, StreamSink } from './caller.ts'
import { type Form, formOf, itemShapesOf, plainLists } from './forms.ts'
import { type ItemPump, startItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { ItemSender } from './item-sender.ts'
import type { ProcedureInvoker, StreamCall } from './procedure-caller.ts'
import type { KeyedCallOptions, ProcedureCallOptions } from './procedure-caller-types.ts'
import { addItem, createValueReader, encodeAs, encodeValue, type ValueReader } from './values.ts'

export interface RemoteInvokerOptions {
  readonly caller: Caller
  readonly codec: PackingCodec
  /** The name of a procedure to this peer: its index where both hold the same contract, else its path. */
  readonly refOf: (entry: ProcedureEntry) => ProcedureRef
  /** Whether what comes back is validated: always, unless the other end is this very process. */
  readonly validates: boolean
  /** Told of every call; left out where nobody listens. */
  readonly observer?: CallObserver | undefined
}

interface Remote extends RemoteInvokerOptions {
  readonly reader: ValueReader
}

interface UnaryCall {
  readonly input: unknown
  readonly options: KeyedCallOptions
}

export function createRemoteInvoker(options: RemoteInvokerOptions): ProcedureInvoker {
  const remote: Remote = { ...options, reader: createValueReader(options.codec, options.validates) }
  return {
    call: (entry, input, callOptions) => call(remote, entry, { input, options: callOptions }),
    open: (entry, stream) => open(remote, entry, stream),
  }
}

function call(remote: Remote, entry: ProcedureEntry, { input, options }: UnaryCall): Promise<unknown> {
  const made = observeMade(remote.observer, entry, options)
  const answer = send(remote, entry, { input, options: withMeta(options, made) })
  return made === undefined ? answer : endingOf(made, answer)
}

async function send(remote: Remote, entry: ProcedureEntry, unary: UnaryCall): Promise<unknown> {
  const { caller, reader } = remote
  const { signal } = unary.options
  throwIfOver(unary.options)
  const request = requestFor(remote, entry, unary)
  const form = formOf(request.procedure)
  let stopListening = (): void => {}
  const answer = new Promise<Payload | undefined>((resolve, reject) => {
    const sink: CallSink = { ok: resolve, ...failuresOf(entry, { reader, form }, reject) }
    const id = caller.call(request, sink)
    stopListening = onAbort(signal, (error) => {
      caller.cancel(id)
      reject(error)
    })
  })
  try {
    return await reader.read(await answer, { schema: entry.def.output, form })
  } finally {
    stopListening()
  }
}

function open(remote: Remote, entry: ProcedureEntry, { input, up, options: given }: StreamCall): ItemQueue<unknown> {
  const { caller, codec, reader } = remote
  let state: 'open' | 'finished' = 'open'
  let id: number | undefined
  let pump: ItemPump | undefined
  let stopListening = (): void => {}
  const made = observeMade(remote.observer, entry, given)
  const options = withMeta(given, made)

  const finish = (error?: unknown): void => {
    if (!isFinished(state)) made?.ended(error)
    state = 'finished'
    void pump?.abort()
    stopListening()
  }
  const fail = (error: unknown): void => {
    finish(error)
    queue.fail(error)
  }
  const cancel = (error?: unknown): void => {
    finish(error)
    if (id !== undefined) caller.cancel(id)
  }
  const cancelWith = (error: unknown): void => {
    cancel(error)
    queue.fail(error)
  }
  const form = formOf(remote.refOf(entry))
  const queue = new ItemQueue<unknown>({
    decode: (batch, itemForm) => reader.readItems(batch, itemShapesOf(entry, itemForm)),
    check: (item) => reader.check(item, entry.def.output),
    onConsumed: (taken) => {
      if (id !== undefined) caller.link.itemsConsumed(id, taken)
    },
    onCancel: () => cancel(),
  })
  const sink: StreamSink = {
    arrived: (batch) => queue.push(batch, form),
    end() {
      finish()
      queue.end()
    },
    writable: () => pump?.writable(),
    ...failuresOf(entry, { reader, form }, fail),
  }

  try {
    throwIfOver(options)
    const resume = encodeValue(codec, options.resume)
    const duplex = entry.kind === 'duplex'
    id = caller.open({ ...requestFor(remote, entry, { input, options }), resume, duplex }, sink)
  } catch (error) {
    fail(error)
    return queue
  }
  // It may be over already: the connection is lost, or the handler sits in this process.
  if (isFinished(state)) return queue
  stopListening = onAbort(options.signal, cancelWith)
  if (up !== undefined) {
    const { link } = caller
    const sender = new ItemSender({ link, id, lists: plainLists(codec) })
    pump = startItemPump({
      link,
      id,
      source: up,
      sender,
      add: (item) => addItem(sender, item),
      onEnd: () => {},
      onFailure: cancelWith,
    })
  }
  return queue
}

/** Callbacks have changed the state since the compiler last looked. */
function isFinished(state: 'open' | 'finished'): boolean {
  return state === 'finished'
}

/** What was cancelled or has no time left before it begins does not leave. */
function throwIfOver({ signal, timeoutMs }: ProcedureCallOptions): void {
  if (timeoutMs === 0) throw new TautlineError('TIMEOUT', { outcome: 'not-sent' })
  if (signal?.aborted === true) throw new TautlineError('CANCELLED', { outcome: 'not-sent', cause: signal.reason })
}

function requestFor(
  { codec, refOf }: RemoteInvokerOptions,
  entry: ProcedureEntry,
  { input, options }: UnaryCall,
): CallRequest {
  checkCallOptions(options)
  checkTakesKey(entry, options)
  const meta = metaOf(options)
  const timeoutMs = deadlineAfter(0, options.timeoutMs)
  const procedure = refOf(entry)
  const { payload } = encodeAs(codec, { schema: entry.def.input, form: formOf(procedure) }, input)
  return { procedure, input: payload, timeoutMs, meta, compress: entry.def.compress }
}

interface Reading {
  readonly reader: ValueReader
  readonly form: Form
}

function failuresOf(entry: ProcedureEntry, { reader, form }: Reading, reject: (error: unknown) => void): FailureSink {
  return {
    error(code, message, data) {
      if (!isBuiltInCode(code) && !(code in entry.def.errors)) {
        reject(new TautlineError('INTERNAL', { cause: new Error(`The other end failed with undeclared \`${code}\``) }))
        return
      }
      const error = reader.readError({ code, message, data }, entry.def.errors, form)
      if (error instanceof Promise) error.then(reject, reject)
      else reject(error)
    },
    timeout: () => reject(new TautlineError('TIMEOUT', { outcome: 'unknown' })),
    lost: (unsent) => reject(new TautlineError('CONNECTION_LOST', { outcome: unsent ? 'not-sent' : 'unknown' })),
  }
}

/** @returns stops waiting for the abort */
function onAbort(signal: AbortSignal | undefined, cancel: (error: TautlineError) => void): () => void {
  if (signal === undefined) return () => {}
  const listener = (): void => cancel(new TautlineError('CANCELLED', { outcome: 'unknown', cause: signal.reason }))
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
