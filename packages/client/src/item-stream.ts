import type { ProcedureEntry } from '@tautline/core'
import {
  checkCallOptions,
  type Encoded,
  encodeValue,
  type ItemSource,
  observeMade,
  withMeta,
} from '@tautline/core/peer'
import type { Payload } from '@tautline/core/protocol'
import { cancelled, encodeInput } from './call.ts'
import type { ItemStream, SubscribeOptions } from './client-types.ts'
import type { Line } from './line.ts'
import { StreamCall } from './stream-call.ts'

/** What a stream is opened with; one with `up` is a duplex. */
export interface StreamArguments {
  readonly input: unknown
  readonly up: ItemSource<unknown> | undefined
  readonly options: SubscribeOptions<unknown> | undefined
}

/** Opens a stream and gives the application its end of it. Never throws: what is wrong comes out of `next()`. */
export function openStream(line: Line, entry: ProcedureEntry, given: StreamArguments): ItemStream<unknown, unknown> {
  const { up } = given
  const made = observeMade(line.observer, entry, given.options)
  const options = withMeta(given.options ?? {}, made)
  let input: Encoded = { form: 'plain', payload: undefined }
  let resume: Payload | undefined
  let fault: unknown
  try {
    checkCallOptions(options)
    input = encodeInput(line, entry, given.input)
    resume = encodeValue(line.codec, options.resume)
    if (options.signal?.aborted === true) fault = cancelled(options.signal, 'not-sent')
  } catch (error) {
    fault = error
  }
  const call = new StreamCall(line, { entry, input, resume, up, options, made })
  if (fault === undefined) line.intents.add(call)
  else call.abort(fault)
  return new OpenItemStream(call)
}

/** Keeps from the application what is the line's. */
class OpenItemStream implements ItemStream<unknown, unknown> {
  readonly #call: StreamCall

  constructor(call: StreamCall) {
    this.#call = call
  }

  get lastResume(): unknown {
    return this.#call.lastResume
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.#call.items.next()
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    return this.#call.items.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
