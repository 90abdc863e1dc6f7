/** A server whose sessions outlive their connections, and clients that say what they like of them. */
import { event, mutation, query, router } from '@tautline/core'
import { implement, type NoCalls } from '@tautline/core/peer'
import { createValueCodec, type Frame, FrameType, type Hello, type Welcome } from '@tautline/core/protocol'
import { type RawPeer, rawHello } from '@tautline/core/testing'
import * as v from 'valibot'
import type { ServerConnectionHandle } from './connection-handle.ts'
import type { ServerOptions } from './server-options.ts'
import type { SessionEvent } from './session-event.ts'
import type { UpgradeRequest } from './socket.ts'
import { createBench } from './test-bench.fixture.ts'

export const api = router({
  whoami: query({ output: v.string() }),
  slow: mutation({ output: v.string() }),
  tick: event({ payload: v.number() }),
})

export const WINDOW_MS = 60_000

const codec = createValueCodec()

export const call = (id: number, procedure: string): Frame => ({
  type: FrameType.Call,
  id,
  procedure,
  input: undefined,
  timeoutMs: undefined,
  meta: undefined,
})

export const listen = (id: number, name: string): Frame => ({
  type: FrameType.Listen,
  id,
  event: name,
  params: undefined,
})

interface Context {
  readonly user: string
  readonly connection: { readonly id: string }
}

/** What `context` was asked. */
interface Question {
  readonly auth: unknown
  readonly connectionId: string
  readonly signal: AbortSignal
}

/** Contexts are made of the name given as credentials: `wait:ada` waits for `decide`, `no` is refused. */
export function createResumeBench(options: Partial<ServerOptions<Context, NoCalls>> = {}) {
  const questions: Question[] = []
  const slow = Promise.withResolvers<string>()
  const decision = Promise.withResolvers<void>()
  const signals: AbortSignal[] = []
  const events: SessionEvent[] = []
  const told: string[] = []
  const implementation = implement(api)
    .context(({ auth, connection, signal, fail }): Context | Promise<Context> => {
      questions.push({ auth, connectionId: connection.id, signal })
      if (auth === 'no') return fail('UNAUTHORIZED', 'who are you?')
      const user = String(auth).replace('wait:', '')
      const context = { user, connection }
      return user === auth ? context : decision.promise.then(() => context)
    })
    .handlers({
      whoami: ({ ctx }) => `${ctx.user} on ${ctx.connection.id}`,
      slow: ({ signal }) => {
        signals.push(signal)
        return slow.promise
      },
    })
  const tell = (word: string) => (handle: ServerConnectionHandle<Context, NoCalls>) =>
    void told.push(`${word} ${handle.id}`)
  const bench = createBench(implementation, {
    resume: { windowMs: WINDOW_MS },
    principalOf: ({ user }) => user,
    onSession: (change) => void events.push(change as SessionEvent),
    onConnection: tell('connected'),
    onDisconnection: tell('disconnected'),
    ...options,
  })

  /** A client with a new session. */
  async function connect(request: Partial<UpgradeRequest> = {}) {
    const peer = await bench.connectRaw(request)
    const welcome = await bench.run(peer.hello({ auth: codec.encode('ada') }))
    return { peer, welcome }
  }

  /** Another connection that asks for the session of that WELCOME. Its answer is for the test to take. */
  async function ask(before: Welcome, { auth = 'ada', request, ...hello }: Asked = {}): Promise<RawPeer> {
    const peer = await bench.connectRaw(request)
    const { sid, token } = before
    peer.send({
      type: FrameType.Hello,
      hello: rawHello({ sid, token, attempt: 2, why: 'retry', ...hello, auth: codec.encode(auth) }),
    })
    await bench.clock.settle()
    return peer
  }

  /** As `ask`, of a server that welcomes it. */
  async function attach(before: Welcome, asked?: Asked) {
    const peer = await ask(before, asked)
    const { welcome } = await bench.run(peer.next(FrameType.Welcome))
    return { peer, welcome }
  }

  /** The connection is gone without a word. */
  async function lose(): Promise<void> {
    for (const link of bench.network.links) link.cut()
    await bench.clock.settle()
  }

  const run = <R>(promise: Promise<R>): Promise<R> => bench.run(promise)
  return { ...bench, bench, run, questions, slow, decision, signals, events, told, connect, ask, attach, lose }
}

type Asked = Omit<Partial<Hello>, 'auth'> & { readonly auth?: string; readonly request?: Partial<UpgradeRequest> }

/** The answer to a call, as its value. */
export async function answerTo(peer: RawPeer, id: number): Promise<unknown> {
  const { output } = await peer.next(FrameType.Ok, (frame) => frame.id === id)
  return output === undefined ? undefined : codec.decode(output)
}

/** Sends counted frames of a session that has sent others before, over other connections. */
export function sendFrom(peer: RawPeer, seq: number, ...frames: readonly Frame[]): void {
  peer.sendMessage({ seq, count: frames.length, ack: 0 }, frames)
}
