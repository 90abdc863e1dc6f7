// The other end of a connection by hand: TCP and nothing above it that it does not write itself.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createByteReader } from './byte-reader.ts'

export interface WirePeer {
  /** Writes each piece by itself, the next one when the last has gone out. */
  write(...pieces: readonly Uint8Array[]): Promise<void>
  /** The next HTTP response; `undefined` when the connection ends before. */
  response(options?: { readonly toHead?: boolean }): Promise<WireResponse | undefined>
  /** The next frame; `undefined` when the connection ends before. */
  frame(): Promise<WireFrame | undefined>
  /** Resolves when the other end has said its last, with how. */
  ended(): Promise<'finished' | 'reset'>
  /** Ends the direction to the server alone. */
  halfClose(): void
  /** Ends both at once, with RST. */
  reset(): void
  pause(): void
  resume(): void
  destroy(): void
}

interface WireResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export interface WireFrame {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly masked: boolean
  readonly payload: Buffer
}

export async function connectWire(port: number): Promise<WirePeer> {
  // Half-open, so that the end of one direction is a decision of the test.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  let fault: NodeJS.ErrnoException | undefined
  // What was refused is still writing when the server cuts it.
  socket.on('error', (error) => {
    fault = error
  })
  await once(socket, 'connect')
  const reader = createByteReader(socket)
  const ended = new Promise<'finished' | 'reset'>((resolve) => {
    socket.once('end', () => {
      resolve('finished')
    })
    socket.once('close', () => {
      resolve(fault === undefined ? 'finished' : 'reset')
    })
  })

  async function readResponse({
    toHead = false,
  }: {
    readonly toHead?: boolean
  } = {}): Promise<WireResponse | undefined> {
    const head = (await reader.until('\r\n\r\n'))?.toString('latin1')
    if (head === undefined) return undefined
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0)
    // On the way to another answer, for a request that expects it.
    if (status === 100) return readResponse({ toHead })
    const headers = new Headers()
    for (const line of head.trimEnd().split('\r\n').slice(1)) {
      const colon = line.indexOf(':')
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    return { status, headers, body: status === 101 || toHead ? '' : await readBody(headers) }
  }

  async function readBody(headers: Headers): Promise<string> {
    if (headers.get('transfer-encoding') !== 'chunked') {
      return String((await reader.exactly(Number(headers.get('content-length') ?? 0))) ?? '')
    }
    let body = ''
    for (;;) {
      const byteLength = Number.parseInt(String(await reader.until('\r\n')), 16)
      body += String((await reader.exactly(byteLength)) ?? '')
      await reader.exactly(2)
      if (!(byteLength > 0)) return body
    }
  }

  return {
    async write(...pieces) {
      for (const piece of pieces) {
        if (socket.destroyed) return
        await new Promise<void>((resolve) => {
          socket.write(piece, () => {
            resolve()
          })
        })
      }
    },
    response: readResponse,
    async frame() {
      const start = await reader.exactly(2)
      if (start === undefined) return undefined
      const [first = 0, second = 0] = start
      let byteLength = second & 0x7f
      if (byteLength === 126) byteLength = (await reader.exactly(2))?.readUInt16BE() ?? 0
      else if (byteLength === 127) byteLength = Number((await reader.exactly(8))?.readBigUInt64BE() ?? 0n)
      const payload = await reader.exactly(byteLength)
      if (payload === undefined) return undefined
      return {
        fin: (first & 0x80) !== 0,
        rsv: (first >> 4) & 7,
        opcode: first & 0x0f,
        masked: (second & 0x80) !== 0,
        payload,
      }
    },
    ended: () => ended,
    halfClose() {
      socket.end()
    },
    reset() {
      socket.resetAndDestroy()
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
