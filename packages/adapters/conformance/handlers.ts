import { implement, tracked } from '@tautline/server'
import { api, clientApi } from './contract.ts'
import { noise, rows } from './samples.ts'
import { createTraces } from './traces.ts'

export interface HandlerNeeds {
  readonly announce: (room: string, text: string) => void
  readonly cut: (client: string) => void
}

const SECRET = 'the password is swordfish'
const GOOD_TOKEN = 'good'

export function createHandlers({ announce, cut }: HandlerNeeds) {
  const traces = createTraces()

  return implement(api, { calls: clientApi })
    .context(({ auth, request, connection, fail }) => {
      const token = readToken(auth)
      if (token !== undefined && token !== GOOD_TOKEN) fail('UNAUTHORIZED', 'Unknown token')
      return {
        user: token === undefined ? undefined : 'ada',
        remoteAddress: connection.remoteAddress,
        origin: request?.headers.get('origin') ?? undefined,
        secure: request?.secure ?? false,
      }
    })
    .handlers({
      echo: ({ input }) => input,
      add: ({ input }) => input.a + input.b,
      bytes: ({ input }) => (input.of === 'rows' ? rows(input.length) : noise(input.length)),
      withdraw: ({ input, fail }) =>
        input.amount > 100 ? fail('INSUFFICIENT', { missing: input.amount - 100 }) : { left: 100 - input.amount },
      whoami: ({ ctx }) => ctx,

      fails: {
        throws: () => {
          throw new Error(SECRET)
        },
        answersWithFunction: () => () => SECRET,
        hangs: () => new Promise(() => undefined),
      },

      wait: async ({ input, signal }) => {
        using _ = traces.start(input.key)
        await aborted(signal)
      },
      count: async function* ({ input }) {
        using trace = traces.start(input.key)
        for (let n = 1; n <= input.to; n++) {
          trace.item()
          yield { n, padding: new Uint8Array(input.itemBytes) }
        }
      },
      oneAndSilence: async function* ({ input, signal }) {
        using trace = traces.start(input.key)
        trace.item()
        yield 1
        await aborted(signal)
      },
      beats: async function* ({ input, resume, signal }) {
        using trace = traces.start(input.key)
        let last = resume ?? 0
        while (!signal.aborted) {
          await traces.beatsPast(input.key, last, signal)
          if (signal.aborted) return
          last += 1
          trace.item()
          yield tracked(last, last)
        }
      },
      beat: ({ input }) => {
        traces.beat(input.key)
      },
      received: async function* ({ input, up }) {
        using trace = traces.start(input.key)
        let bytes = 0
        for await (const chunk of up) {
          trace.item()
          bytes += chunk.byteLength
          yield { bytes }
        }
      },

      announce: ({ input }) => {
        announce(input.room, input.text)
      },
      askBack: ({ input, client }) => client.confirm(input),

      traceOf: ({ input }) => traces.of(input.key),
      cut: ({ input }) => {
        cut(input.client)
      },
    })
}

function readToken(auth: unknown): string | undefined {
  return typeof auth === 'object' && auth !== null && 'token' in auth ? String(auth.token) : undefined
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else
      signal.addEventListener('abort', () => {
        resolve()
      })
  })
}
