import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

/** A WebSocket client by hand, for what no honest client sends: it answers nothing by itself and checks nothing. */
export interface RawWebSocket {
  readonly status: number
  readonly headers: Headers
  /** The body of a refusal. */
  readonly body: string
  send(opcode: number, payload: Uint8Array, how?: FrameOptions): void
  /** Bytes that need not be a frame. */
  sendBytes(bytes: Uint8Array): void
  /** The next frame; `undefined` once the connection has ended. */
  next(): Promise<RawFrame | undefined>
  /** The code of the next close frame, other frames skipped; 1006 for an end without one. */
  closeCode(): Promise<number>
  pause(): void
  resume(): void
  destroy(): void
}

interface RawFrame {
  readonly opcode: number
  readonly fin: boolean
  readonly rsv1: boolean
  readonly payload: Buffer
}

interface FrameOptions {
  readonly fin?: boolean
  readonly rsv1?: boolean
  readonly masked?: boolean
}

export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const

export interface RawUpgradeOptions {
  readonly port: number
  readonly target?: string
  /** Options of a client that checks what it is shown; `true` for one that takes any certificate. */
  readonly tls?: boolean | ConnectionOptions
  /** Address to come from. */
  readonly localAddress?: string
  /** Over those of a good handshake; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** Opens a socket and asks for an upgrade. Resolves with whatever the server answers. */
export async function rawUpgrade(options: RawUpgradeOptions): Promise<RawWebSocket> {
  const { target = '/' } = options
  const socket = await openSocket(options)
  const reader = createReader(socket)
  const headers: Record<string, string | undefined> = {
    host: `127.0.0.1:${String(options.port)}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...options.headers,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)

  const head = await reader.readHead()
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
  const answered = new Headers()
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    if (colon > 0) answered.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const bodyBytes = status === 101 ? 0 : Number(answered.get('content-length') ?? 0)
  const body = ((await reader.read(bodyBytes)) ?? Buffer.alloc(0)).toString()

  async function next(): Promise<RawFrame | undefined> {
    const start = await reader.read(2)
    if (start === undefined) return undefined
    let length = start.readUInt8(1) & 0x7f
    if (length === 126) length = (await reader.read(2))?.readUInt16BE() ?? 0
    else if (length === 127) length = Number((await reader.read(8))?.readBigUInt64BE() ?? 0n)
    const payload = await reader.read(length)
    const first = start.readUInt8(0)
    if (payload === undefined) return undefined
    return { opcode: first & 0x0f, fin: (first & 0x80) !== 0, rsv1: (first & 0x40) !== 0, payload }
  }

  return {
    status,
    headers: answered,
    body,
    send(opcode, payload, how) {
      socket.write(encodeFrame(opcode, payload, how))
    },
    sendBytes(bytes) {
      socket.write(bytes)
    },
    next,
    async closeCode() {
      for (;;) {
        const frame = await next()
        if (frame === undefined) return 1006
        if (frame.opcode === Opcode.Close) return frame.payload.byteLength >= 2 ? frame.payload.readUInt16BE() : 1005
      }
    },
    pause() {
      socket.pause()
    },
    resume() {
      socket.resume()
    },
    destroy() {
      socket.destroy()
    },
  }
}

function encodeFrame(opcode: number, payload: Uint8Array, how: FrameOptions = {}): Buffer {
  const { fin = true, rsv1 = false, masked = true } = how
  const { byteLength } = payload
  const maskBit = masked ? 0x80 : 0
  const head = Buffer.alloc(byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10)
  head.writeUInt8((fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode, 0)
  head.writeUInt8(maskBit | (byteLength < 126 ? byteLength : byteLength < 65_536 ? 126 : 127), 1)
  if (head.byteLength === 4) head.writeUInt16BE(byteLength, 2)
  else if (head.byteLength === 10) head.writeBigUInt64BE(BigInt(byteLength), 2)
  // A mask of zeros is a mask.
  return Buffer.concat(masked ? [head, Buffer.alloc(4), payload] : [head, payload])
}

async function openSocket({ port, tls = false, localAddress }: RawUpgradeOptions): Promise<Socket> {
  const where = { port, host: '127.0.0.1', ...(localAddress === undefined ? {} : { localAddress }) }
  const options = typeof tls === 'object' ? tls : { rejectUnauthorized: false }
  const socket = tls === false ? connectTcp(where) : connectTls({ ...where, ...options })
  // Resets are expected here: the end of the stream tells.
  socket.on('error', () => undefined)
  await once(socket, tls === false ? 'connect' : 'secureConnect')
  return socket
}

interface Reader {
  readHead(): Promise<string>
  /** Exactly so many bytes, or `undefined` when the stream ends before. */
  read(byteLength: number): Promise<Buffer | undefined>
}

function createReader(socket: Socket): Reader {
  let buffered = Buffer.alloc(0)
  let ended = false
  let wake: (() => void) | undefined
  const changed = (): void => {
    wake?.()
  }
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    changed()
  })
  socket.on('close', () => {
    ended = true
    changed()
  })
  const more = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
    })
  const take = (byteLength: number): Buffer => {
    const taken = buffered.subarray(0, byteLength)
    buffered = buffered.subarray(byteLength)
    return taken
  }
  return {
    async readHead() {
      for (;;) {
        const end = buffered.indexOf('\r\n\r\n')
        if (end >= 0) return take(end + 4).toString('latin1')
        if (ended) return ''
        await more()
      }
    },
    async read(byteLength) {
      while (buffered.byteLength < byteLength) {
        if (ended) return undefined
        await more()
      }
      return take(byteLength)
    },
  }
}
