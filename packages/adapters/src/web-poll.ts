import type { LongPoll, UpgradeRequest } from '@tautline/server'

/** What Bun and Deno share: a request of a long poll arrives as a `Request` and is answered by a `Response`. */
export async function answerWebPoll(longPoll: LongPoll, request: Request, upgrade: UpgradeRequest): Promise<Response> {
  const { status, headers, body } = await longPoll.answer({ upgrade, body: request.body })
  return new Response(body, { status, headers })
}

export function isPoll(longPoll: LongPoll | undefined, request: Request): longPoll is LongPoll {
  return longPoll?.handles(request.method, request.headers.get('accept')) === true
}
