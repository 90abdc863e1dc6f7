import {
  DEFAULT_LIMITS,
  decodeBody,
  decodeEnvelope,
  type Frame,
  FrameType,
  type Hello,
  isCounted,
  MessageBuilder,
} from '@tautline/core/protocol'
import { rawHello } from '@tautline/core/testing'
import type { ServerSocket, SocketAcceptor, SocketListener } from './socket.ts'
import { upgradeRequest } from './test-bench.fixture.ts'

/** For tests of what a socket is asked, and of which message holds what: a raw peer tells of frames alone. */
interface OpenSocket {
  readonly listener: SocketListener
  readonly sent: Uint8Array[]
  /** What was asked of the socket beside sending. */
  readonly asked: string[]
}

/** A socket without anything behind it. */
export function openSocket(server: SocketAcceptor, overrides: Partial<ServerSocket> = {}): OpenSocket {
  const sent: Uint8Array[] = []
  const asked: string[] = []
  const listener = server.accept(
    {
      compresses: false,
      backlogBytes: 0,
      send: (message) => sent.push(message) > 0,
      close(code, reason) {
        asked.push(`close ${code} ${reason}`)
        listener.closed(code, reason)
      },
      terminate() {
        asked.push('terminate')
        listener.closed(1006, '')
      },
      ...overrides,
    },
    upgradeRequest(),
  )
  return { listener, sent, asked }
}

/** In one message with the frames behind it. */
export function sayHello(listener: SocketListener, hello: Partial<Hello> = {}, ...behind: readonly Frame[]): void {
  const builder = new MessageBuilder()
  builder.append({ type: FrameType.Hello, hello: rawHello(hello) })
  for (const frame of behind) builder.append(frame)
  const count = behind.filter(isCounted).length
  listener.message(builder.takeMessage({ seq: count === 0 ? 0 : 1, count, ack: 0 }))
}

/** As the first message tells, which is WELCOME. */
export function sessionOf({ sent }: OpenSocket): Pick<Hello, 'sid' | 'token'> {
  const [welcome] = sent.flatMap(framesOf)
  if (welcome?.type !== FrameType.Welcome) throw new Error(`Expected WELCOME, got ${String(welcome?.type)}`)
  const { sid, token } = welcome.welcome
  return { sid, token }
}

export function framesOf(message: Uint8Array): readonly Frame[] {
  return decodeBody(decodeEnvelope(message, DEFAULT_LIMITS).body, DEFAULT_LIMITS)
}
