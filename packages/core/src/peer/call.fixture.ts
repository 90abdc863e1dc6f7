import type { CallSink } from './caller.ts'
import type { Pair, Script } from './connected.fixture.ts'

/** Answers every call with its own input. */
export const echo: Script = (effect, link) => {
  if (effect.type === 'call') link.succeed(effect.id, effect.input)
}

export interface Call {
  readonly id: number
  readonly outcome: () => unknown
}

export interface CallOptions {
  readonly timeoutMs?: number
  readonly compress?: boolean
  readonly from?: 'client' | 'server'
  readonly onSettled?: () => void
}

/** Makes a call and notes what becomes of it. */
export function call(pair: Pair, value: unknown, options: CallOptions = {}): Call {
  let outcome: unknown = 'pending'
  const settle = (as: unknown): void => {
    outcome = as
    options.onSettled?.()
  }
  const sink: CallSink = {
    ok: (output) => settle(output === undefined ? undefined : pair.codec.decode(output)),
    error: (code) => settle(`error ${code}`),
    timeout: () => settle('timeout'),
    lost: (unsent) => settle(unsent ? 'lost unsent' : 'lost unknown'),
  }
  const request = {
    procedure: 'echo',
    input: pair.codec.encode(value),
    timeoutMs: options.timeoutMs,
    meta: undefined,
    compress: options.compress ?? true,
  }
  const id = pair[options.from ?? 'client'].caller.call(request, sink)
  return { id, outcome: () => outcome }
}
