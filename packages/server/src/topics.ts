/**
 * Who listens to what, over all connections of a server.
 *
 * Owns: the table from topic to receivers, and that an event is encoded once for all of them. Must not know: sessions,
 * schemas. Normative text: PROTOCOL.md, "Events".
 */
import type { ProcedureEntry } from '@tautline/core'
import { SharedFrame } from '@tautline/core/io'
import { formOf, type Reception, type SharedValue } from '@tautline/core/peer'
import { FrameType, type Payload, type ProcedureRef, payloadKey } from '@tautline/core/protocol'

/** One connection, as topics see it. */
export interface TopicReceiver {
  /** Whether procedures are named by index to this peer, for both hold the same contract. */
  readonly sharesContract: boolean
  publish(frame: SharedFrame): Reception
}

export interface TopicEvent {
  readonly entry: ProcedureEntry
  /** Encoded canonically, so that equal params are equal bytes. */
  readonly params: Payload | undefined
  readonly payload: SharedValue
  /** Of a volatile event: a later one of the same topic and key replaces it. */
  readonly key: string | undefined
}

/** What came of publishing. */
export interface Delivery {
  /** Connections that were sent the event, or are going to be. */
  readonly receivers: number
  /** Connections that listen, but cannot take a message of this size. */
  readonly tooLarge: number
}

const NOBODY: Delivery = Object.freeze({ receivers: 0, tooLarge: 0 })

export class Topics {
  /** With how many times each receiver listens: it is sent an event once, and forgotten when the last one ends. */
  readonly #topics = new Map<string, Map<TopicReceiver, number>>()

  /** Topics that somebody listens to. */
  get size(): number {
    return this.#topics.size
  }

  /** @returns ends the listening; to be called once */
  listen(receiver: TopicReceiver, entry: ProcedureEntry, params: Payload | undefined): () => void {
    const key = topicKey(entry, params)
    let receivers = this.#topics.get(key)
    if (receivers === undefined) {
      receivers = new Map()
      this.#topics.set(key, receivers)
    }
    receivers.set(receiver, (receivers.get(receiver) ?? 0) + 1)
    return () => this.#leave(key, receiver)
  }

  publish(event: TopicEvent): Delivery {
    const topic = topicKey(event.entry, event.params)
    const receivers = this.#topics.get(topic)
    if (receivers === undefined) return NOBODY
    // By index to those who hold the same contract, by path to the others: at most two bodies for all of them.
    let byIndex: SharedFrame | undefined
    let byPath: SharedFrame | undefined
    let taken = 0
    let tooLarge = 0
    for (const receiver of receivers.keys()) {
      const frame = receiver.sharesContract
        ? (byIndex ??= createFrame(event, event.entry.index, topic))
        : (byPath ??= createFrame(event, event.entry.path, topic))
      const reception = receiver.publish(frame)
      if (reception === 'taken') taken++
      else if (reception === 'too-large') tooLarge++
    }
    return { receivers: taken, tooLarge }
  }

  #leave(key: string, receiver: TopicReceiver): void {
    const receivers = this.#topics.get(key)
    const count = receivers?.get(receiver)
    if (receivers === undefined || count === undefined) return
    if (count > 1) receivers.set(receiver, count - 1)
    else receivers.delete(receiver)
    if (receivers.size === 0) this.#topics.delete(key)
  }
}

function topicKey(entry: ProcedureEntry, params: Payload | undefined): string {
  return `${entry.index}:${params === undefined ? '' : payloadKey(params)}`
}

function createFrame(shared: TopicEvent, event: ProcedureRef, topic: string): SharedFrame {
  const { entry, params, key } = shared
  const payload = shared.payload.payload(formOf(event))
  const { compress, volatile } = entry.def
  if (!volatile) return new SharedFrame({ type: FrameType.Event, event, params, payload }, compress)
  // The length tells where the key ends, whatever is in it.
  const slot = key === undefined ? undefined : `${key.length}:${key}${topic}`
  return new SharedFrame({ type: FrameType.VolatileEvent, event, params, payload, key }, compress, slot)
}
