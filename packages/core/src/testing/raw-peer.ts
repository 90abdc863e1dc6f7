import type { Connector, Transport, TransportListener } from '../io/ports.ts'
import { decodeBody, decodeEnvelope } from '../protocol/decode-message.ts'
import { type Frame, FrameType, type Hello, isCounted, type MessageHeader, type Welcome } from '../protocol/frame.ts'
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts'
import { MessageBuilder } from '../protocol/message-builder.ts'
import { rawHello } from './raw-hello.ts'

export interface RawPeerOptions {
  /** What it is ready to decode. @default DEFAULT_LIMITS */
  readonly limits?: Limits
  /** Whether PING is answered by itself. @default true */
  readonly answersPings?: boolean
}

/** How a connection ended, as this end saw it. */
export interface RawClose {
  readonly code: number
  readonly reason: string
}

type FrameOf<Type extends Frame['type']> = Extract<Frame, { readonly type: Type }>

interface Waiter {
  readonly wants: (frame: Frame) => boolean
  readonly resolve: (frame: Frame) => void
  readonly reject: (error: Error) => void
}

/**
 * One end of a connection that speaks the protocol by hand, right or wrong, over any transport: for tests of servers
 * (`connect`) and of clients (`accept`). It numbers and acknowledges what it sends unless told otherwise, and decides nothing.
 */
export class RawPeer {
  /** Resolves when the connection is gone. */
  readonly closed: Promise<RawClose>
  readonly #limits: Limits
  readonly #answersPings: boolean
  readonly #inbox: Frame[] = []
  readonly #waiters: Waiter[] = []
  readonly #builder = new MessageBuilder()
  #settleClosed: (close: RawClose) => void = () => {}
  #transport: Transport | undefined
  #end: RawClose | undefined
  #sent = 0
  #received = 0

  constructor({ limits = DEFAULT_LIMITS, answersPings = true }: RawPeerOptions = {}) {
    this.#limits = limits
    this.#answersPings = answersPings
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
  }

  /** Number of the last counted frame sent. */
  get sent(): number {
    return this.#sent
  }

  /** Number of the last counted frame received. */
  get received(): number {
    return this.#received
  }

  /** Frames that arrived and were not taken by `next`. */
  get inbox(): readonly Frame[] {
    return this.#inbox
  }

  /** Opens a connection. Rejects when it does not open. */
  connect(connector: Connector): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#transport = connector.connect({
        ...this.#listener(),
        onOpen: resolve,
        onClose: (code, reason) => {
          reject(new Error(`Expected the connection to open, it closed with ${code} ${reason}`))
          this.#onClose({ code, reason })
        },
      })
    })
  }

  /** Takes the server's end of a connection. */
  accept(transport: Transport): TransportListener {
    this.#transport = transport
    return this.#listener()
  }

  /** Says HELLO and waits for WELCOME. */
  async hello(overrides: Partial<Hello> = {}): Promise<Welcome> {
    this.send({ type: FrameType.Hello, hello: rawHello(overrides) })
    const { welcome } = await this.next(FrameType.Welcome)
    return welcome
  }

  /** Sends frames as one message, with the header they need. */
  send(...frames: readonly Frame[]): void {
    const count = frames.filter(isCounted).length
    const header = { seq: count === 0 ? 0 : this.#sent + 1, count, ack: this.#received }
    this.#sent += count
    this.sendMessage(header, frames)
  }

  /** Sends frames under any header. Does not count them. */
  sendMessage(header: MessageHeader, frames: readonly Frame[]): void {
    for (const frame of frames) this.#builder.append(frame)
    this.sendBytes(this.#builder.takeMessage(header))
  }

  /** Sends any bytes as one message. */
  sendBytes(message: Uint8Array): void {
    this.#transport?.send(message)
  }

  close(code = 1000, reason = ''): void {
    this.#transport?.close(code, reason)
  }

  /**
   * Takes the first frame of that type that has arrived or arrives, and for which `wants` is true.
   * Rejects when the connection closes before.
   */
  async next<Type extends Frame['type']>(
    type: Type,
    wants: (frame: FrameOf<Type>) => boolean = () => true,
  ): Promise<FrameOf<Type>> {
    // The types agree where the numbers do.
    const matches = (frame: Frame): frame is FrameOf<Type> => frame.type === type && wants(frame as FrameOf<Type>)
    const index = this.#inbox.findIndex(matches)
    const frame = index >= 0 ? this.#inbox.splice(index, 1)[0] : await this.#arrival(matches)
    if (frame === undefined || !matches(frame)) throw new Error(`Expected a frame of type ${type}`)
    return frame
  }

  #arrival(wants: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#end === undefined) this.#waiters.push({ wants, resolve, reject })
      else reject(closedBefore(this.#end))
    })
  }

  #listener(): TransportListener {
    return {
      onOpen: () => {},
      onMessage: (message) => this.#onMessage(message.slice()),
      onClose: (code, reason) => this.#onClose({ code, reason }),
      onDrain: () => {},
    }
  }

  #onMessage(message: Uint8Array): void {
    const { header, body } = decodeEnvelope(message, this.#limits)
    this.#received += header.count
    for (const frame of decodeBody(body, this.#limits)) {
      if (frame.type === FrameType.Ping && this.#answersPings) this.send({ ...frame, type: FrameType.Pong })
      else this.#take(frame)
    }
  }

  #take(frame: Frame): void {
    const index = this.#waiters.findIndex(({ wants }) => wants(frame))
    if (index < 0) this.#inbox.push(frame)
    else this.#waiters.splice(index, 1)[0]?.resolve(frame)
  }

  #onClose(end: RawClose): void {
    this.#end = end
    this.#settleClosed(end)
    for (const { reject } of this.#waiters.splice(0)) reject(closedBefore(end))
  }
}

function closedBefore({ code, reason }: RawClose): Error {
  return new Error(`Expected another frame, the connection closed with ${code} ${reason}`)
}
