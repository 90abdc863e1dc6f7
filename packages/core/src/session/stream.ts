import type { CreditFrame, ItemBatch, ItemsFrame } from '../protocol/frame.ts'
import { FrameType } from '../protocol/frame.ts'
import { ownBytes } from '../protocol/own-bytes.ts'
import { protocolError } from '../protocol/violation.ts'
import { type CreditWindow, ReceiveCredit, SendCredit } from './credit.ts'
import type { Effect } from './effect.ts'

/**
 * The two directions of one stream, whoever opened it. A direction is over when its credit is gone for good
 * (`undefined`); when the stream itself is settled is decided by the table that holds it.
 *
 * Normative text: PROTOCOL.md, "Streams".
 */
export class Stream {
  readonly #id: number
  #send: SendCredit | undefined
  #receive: ReceiveCredit | undefined = new ReceiveCredit()

  constructor(id: number, sends: boolean) {
    this.#id = id
    if (sends) this.#send = new SendCredit()
  }

  /** Both ends start with the same window each way, from WELCOME. Returns whether items may be sent now. */
  start(window: CreditWindow): boolean {
    this.#receive?.start(window)
    return this.#send?.grant(window) === true
  }

  get sends(): boolean {
    return this.#send !== undefined
  }

  /** What may be sent now, if anything may. */
  get credit(): CreditWindow | undefined {
    return this.#send?.available === true ? this.#send : undefined
  }

  items(batch: ItemBatch): ItemsFrame {
    const { count, values, resumes } = batch
    const credit = this.#send
    if (credit?.available !== true || count > credit.items) {
      throw new Error(`Expected at most ${credit?.items ?? 0} items as \`itemCredit(${this.#id})\` says, got ${count}`)
    }
    credit.spend(count, bytesOf(batch))
    return { type: FrameType.Items, id: this.#id, count, values, resumes }
  }

  /** Returns whether there was anything to end. */
  endSending(): boolean {
    if (this.#send === undefined) return false
    this.#send = undefined
    return true
  }

  onItems(frame: ItemsFrame, effects: Effect[]): void {
    this.#expectReceiving('ITEMS').use(frame.count, bytesOf(frame))
    // Nobody may read them for long: their credit is that of the items, not that of the message they came in.
    const resumes = frame.resumes && ownBytes(frame.resumes)
    effects.push({ type: 'items', id: this.#id, count: frame.count, values: ownBytes(frame.values), resumes })
  }

  onEnd(effects: Effect[]): void {
    this.#expectReceiving('END')
    this.#receive = undefined
    effects.push({ type: 'end', id: this.#id })
  }

  onCredit(frame: CreditFrame, effects: Effect[]): void {
    if (this.#send?.grant(frame) === true) effects.push({ type: 'writable', id: this.#id })
  }

  consumed(items: number, byteLength: number): CreditFrame | undefined {
    const grant = this.#receive?.give(items, byteLength)
    return grant && { type: FrameType.Credit, id: this.#id, ...grant }
  }

  #expectReceiving(frame: string): ReceiveCredit {
    if (this.#receive === undefined) {
      throw protocolError(`Expected no ${frame} after END, got one for id ${this.#id}`)
    }
    return this.#receive
  }
}

/** What a batch takes of the credit. */
function bytesOf({ values, resumes }: ItemBatch): number {
  return values.byteLength + (resumes?.byteLength ?? 0)
}
