import {
  createValueCodec,
  DEFAULT_LIMITS,
  decodeBody,
  decodeEnvelope,
  type Frame,
  FrameType,
  type Hello,
  isCounted,
  MessageBuilder,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
} from '@tautline/core/protocol'
import { Opcode, type RawWebSocket, rawUpgrade } from '../src/raw-websocket.fixture.ts'

/** Speaks the protocol by hand over a real socket: sends whatever it is told, and answers nothing by itself. */
export interface HandClient {
  readonly raw: RawWebSocket
  /** Sends the frames as one message, numbered as they should be, with an `ack` of what was read. */
  send(...frames: readonly Frame[]): void
  sendMessage(bytes: Uint8Array): void
  /** The next frame of the given type; others are passed over. `undefined` when the connection ends before. */
  next(type: Frame['type']): Promise<Frame | undefined>
  /** The same for the next frame that is accepted. */
  find(accepts: (frame: Frame) => boolean): Promise<Frame | undefined>
  /** How the connection ended: the WebSocket close code, and the code of the CLOSE frame before it. */
  end(): Promise<{ readonly code: number; readonly told: number | undefined }>
}

export interface HandClientOptions {
  /** Over those of an honest browser-less client. */
  readonly headers?: Readonly<Record<string, string>>
  /** Address to come from. */
  readonly localAddress?: string | undefined
}

export async function openByHand(url: string, options: HandClientOptions = {}): Promise<HandClient> {
  const { port, pathname, search } = new URL(url)
  const raw = await rawUpgrade({
    port: Number(port),
    target: pathname + search,
    headers: { 'sec-websocket-protocol': SUBPROTOCOL, ...options.headers },
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  })
  if (raw.status !== 101) throw new Error(`Expected an upgrade, got ${String(raw.status)} ${raw.body}`)
  const builder = new MessageBuilder()
  const received: Frame[] = []
  let sent = 0
  let accepted = 0
  let closeCode: number | undefined

  /** False when the connection has ended. */
  async function receive(): Promise<boolean> {
    if (closeCode !== undefined) return false
    const frame = await raw.next()
    if (frame === undefined) closeCode = 1006
    else if (frame.opcode === Opcode.Close)
      closeCode = frame.payload.byteLength < 2 ? 1005 : frame.payload.readUInt16BE()
    else if (frame.opcode === Opcode.Binary) {
      const { header, body } = decodeEnvelope(frame.payload, DEFAULT_LIMITS)
      if (header.count > 0) accepted = header.seq + header.count - 1
      received.push(...decodeBody(body, DEFAULT_LIMITS))
    }
    return closeCode === undefined
  }

  async function find(accepts: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const index = received.findIndex(accepts)
      if (index >= 0) return received.splice(index, 1)[0]
      if (!(await receive())) return undefined
    }
  }

  return {
    raw,
    send(...frames) {
      for (const frame of frames) builder.append(frame)
      const count = frames.filter(isCounted).length
      raw.send(Opcode.Binary, builder.takeMessage({ seq: count === 0 ? 0 : sent + 1, count, ack: accepted }))
      sent += count
    },
    sendMessage(bytes) {
      raw.send(Opcode.Binary, bytes)
    },
    next: (type) => find((frame) => frame.type === type),
    find,
    async end() {
      while (await receive());
      const last = received.find((frame) => frame.type === FrameType.Close)
      return { code: closeCode ?? 1006, told: last?.code }
    },
  }
}

/** The same, with HELLO said and WELCOME heard. */
export async function greetByHand(url: string, hello: Partial<Hello> = {}): Promise<HandClient> {
  const client = await openByHand(url)
  client.send({ type: FrameType.Hello, hello: { ...plainHello, ...hello } })
  if ((await client.next(FrameType.Welcome)) === undefined) throw new Error('Expected WELCOME, got an end')
  return client
}

export const plainHello: Hello = {
  version: PROTOCOL_VERSION,
  sid: undefined,
  token: undefined,
  rx: 0,
  attempt: 1,
  compression: [],
  contractHash: 'by hand',
  servesHash: undefined,
  auth: undefined,
  client: 'by hand',
  why: 'start',
  standby: false,
}

export const codec = createValueCodec()

/** A call that asks for nothing but its answer. */
export const call = (id: number, procedure: string, input?: unknown): Frame => ({
  type: FrameType.Call,
  id,
  procedure,
  input: input === undefined ? undefined : codec.encode(input),
  timeoutMs: undefined,
  meta: undefined,
})
