import type { CreditFrame, ItemFrame, Payload } from '../protocol/frame.ts'
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

  get canSend(): boolean {
    return this.#send?.available === true
  }

  item(value: Payload, resume: Payload | undefined): ItemFrame {
    if (this.#send?.available !== true) {
      throw new Error(`Expected \`sendItem\` only after \`canSendItem(${this.#id})\` said true`)
    }
    this.#send.spend(value.byteLength)
    return { type: FrameType.Item, id: this.#id, value, resume }
  }

  /** Returns whether there was anything to end. */
  endSending(): boolean {
    if (this.#send === undefined) return false
    this.#send = undefined
    return true
  }

  onItem(frame: ItemFrame, effects: Effect[]): void {
    this.#expectReceiving('ITEM').use(frame.value.byteLength)
    // Nobody may read it for long: its credit is that of the item, not that of the message it came in.
    const resume = frame.resume && ownBytes(frame.resume)
    effects.push({ type: 'item', id: this.#id, value: ownBytes(frame.value), resume })
  }

  onEnd(effects: Effect[]): void {
    this.#expectReceiving('END')
    this.#receive = undefined
    effects.push({ type: 'end', id: this.#id })
  }

  onCredit(frame: CreditFrame, effects: Effect[]): void {
    if (this.#send?.grant(frame) === true) effects.push({ type: 'writable', id: this.#id })
  }

  consumed(byteLength: number): CreditFrame | undefined {
    const grant = this.#receive?.give(byteLength)
    return grant && { type: FrameType.Credit, id: this.#id, ...grant }
  }

  #expectReceiving(frame: string): ReceiveCredit {
    if (this.#receive === undefined) {
      throw protocolError(`Expected no ${frame} after END, got one for id ${this.#id}`)
    }
    return this.#receive
  }
}
