import { encodePollAnswer, POLL_MEDIA_TYPE, type PollAnswer } from '@tautline/core/long-poll'
import type { UpgradeDecision } from '../socket.ts'

/** What an adapter answers a request of a long poll with. */
export interface LongPollReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer>
}

type Refusal = Extract<UpgradeDecision, { readonly accept: false }>

const utf8 = new TextEncoder()

export function replyWith(answer: PollAnswer, origin: string | null): LongPollReply {
  // Our own bytes are never in shared memory.
  const body = encodePollAnswer(answer) as Uint8Array<ArrayBuffer>
  return { status: 200, headers: { ...headersFor(origin), 'content-type': POLL_MEDIA_TYPE }, body }
}

export function refuseWith({ status, headers, body }: Omit<Refusal, 'accept'>, origin: string | null): LongPollReply {
  const lowered = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), value])
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...Object.fromEntries(lowered), ...headersFor(origin) },
    body: utf8.encode(body),
  }
}

/**
 * Any page may read what it is answered: which pages may connect was decided before, and a refusal for its origin is the
 * same for every visitor.
 */
function headersFor(origin: string | null): Record<string, string> {
  const always = { 'cache-control': 'no-store' }
  if (origin === null) return always
  return {
    ...always,
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    // Else pages of another origin cannot see it.
    'access-control-expose-headers': 'retry-after',
  }
}
