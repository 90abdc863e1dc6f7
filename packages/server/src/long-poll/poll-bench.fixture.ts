import {
  decodePollAnswer,
  encodePollRequest,
  type Part,
  type PollAnswer,
  PollMode,
  type PollRequest,
} from '@tautline/core/long-poll'
import type { ClientCertificate } from '@tautline/core/peer'
import { createVirtualClock, type VirtualClock } from '@tautline/core/testing'
import { expect, onTestFinished } from 'vitest'
import type { ServerSocket, SocketAcceptor, UpgradeDecision, UpgradeRequest } from '../socket.ts'
import { upgradeRequest } from '../test-bench.fixture.ts'
import { createLongPoll, type LongPoll, type LongPollOptions } from './long-poll.ts'

/** A long poll in front of an acceptor that notes what it is told, on a virtual clock, spoken to by hand. */
export interface PollBench {
  readonly clock: VirtualClock
  readonly longPoll: LongPoll
  readonly sockets: ServerSocket[]
  /** `text of a message`, `drained`, `closed 1000 reason`. */
  readonly events: string[]
  readonly asked: UpgradeRequest[]
  /** Posts and lets everything happen that can happen now. */
  readonly post: (request: Partial<PollRequest>, extras?: PostExtras) => Promise<Posted>
  readonly postBytes: (body: AsyncIterable<Uint8Array> | null, extras?: PostExtras) => Promise<Posted>
}

interface PostExtras {
  readonly origin?: string
  readonly signal?: AbortSignal
  readonly certificate?: ClientCertificate
}

/** A request under way or answered. */
interface Posted {
  /** `undefined` while it is held. */
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Texts of pieces, and closes as `2 1000 reason`. */
  readonly parts: readonly string[]
  readonly answer: PollAnswer | undefined
  readonly text: string
}

export interface PollBenchOptions extends LongPollOptions {
  readonly decide?: (request: UpgradeRequest) => UpgradeDecision | Promise<UpgradeDecision>
  readonly maxMessageBytes?: number
  /** What a socket does as soon as it is there. */
  readonly onOpen?: (socket: ServerSocket) => void
}

export const ID: Uint8Array = new Uint8Array(16).fill(1)

export const piece = (text: string, last = true): Part => ({
  type: 'piece',
  bytes: new TextEncoder().encode(text),
  last,
})

export function createPollBench(options: PollBenchOptions = {}): PollBench {
  const { decide, maxMessageBytes = 1024, onOpen, ...rest } = options
  const clock = createVirtualClock()
  const sockets: ServerSocket[] = []
  const events: string[] = []
  const asked: UpgradeRequest[] = []
  const acceptor: SocketAcceptor = {
    subprotocol: 'tautline.1',
    maxMessageBytes,
    async decideUpgrade(request) {
      asked.push(request)
      return (await decide?.(request)) ?? { accept: true }
    },
    accept(socket) {
      sockets.push(socket)
      onOpen?.(socket)
      return {
        message: (data) => void events.push(new TextDecoder().decode(data)),
        textMessage: () => void events.push('text'),
        drained: () => void events.push('drained'),
        closed: (code, reason) => void events.push(`closed ${code} ${reason}`.trimEnd()),
      }
    },
    async close() {},
  }
  const longPoll = createLongPoll(acceptor, { clock, ...rest })
  onTestFinished(async () => {
    for (const socket of sockets) socket.terminate()
    await clock.settle()
    expect(longPoll.stats()).toEqual({ connections: 0, held: 0 })
    expect(clock.pending).toBe(0)
  })

  async function postBytes(
    body: AsyncIterable<Uint8Array> | null,
    { origin, signal, certificate }: PostExtras = {},
  ): Promise<Posted> {
    const headers = new Headers({ host: 'server.example', ...(origin === undefined ? {} : { origin }) })
    const posted = { status: undefined, headers: {}, parts: [], answer: undefined, text: '' }
    const upgrade = upgradeRequest({ headers, clientCertificate: certificate })
    void longPoll.answer({ upgrade, body, signal }).then((reply) => {
      const answer = reply.status === 200 ? decodePollAnswer(reply.body) : undefined
      Object.assign(posted, {
        status: reply.status,
        headers: reply.headers,
        answer,
        parts: answer?.parts.map(say),
        text: answer === undefined ? new TextDecoder().decode(reply.body) : '',
      })
    })
    await clock.settle()
    return posted
  }

  return {
    clock,
    longPoll,
    sockets,
    events,
    asked,
    postBytes,
    post: (request, extras) =>
      postBytes(
        oneChunk(encodePollRequest({ mode: PollMode.Poll, id: ID, seq: 0, ack: 0, parts: [], ...request })),
        extras,
      ),
  }
}

export async function* oneChunk(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

function say(part: Part): string {
  return part.type === 'piece' ? new TextDecoder().decode(part.bytes) : `close ${part.code} ${part.reason}`
}
