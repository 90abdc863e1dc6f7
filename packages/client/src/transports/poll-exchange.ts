/**
 * Requests of a long poll: each is repeated while that may help, since repeating does no harm.
 *
 * Owns: HTTP as `fetch` knows it, time-outs, pauses. Must not know: what bodies hold.
 * Normative text: PROTOCOL.md, "Long poll".
 */
import type { Clock } from '@tautline/core/io'
import { BodyChunks, POLL_LIMITS, POLL_MEDIA_TYPE } from '@tautline/core/long-poll'

/** The global one of browsers, Node, Bun and Deno fits. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>

/** Before each repetition. Together with the last attempt less than a server waits for the next request. */
const PAUSES_MS = [250, 500, 1000, 2000]

/** From the first byte of an answer to its last. */
const BODY_TIMEOUT_MS = 30_000

/** Nobody is kept away for longer by one answer, whoever gave it. */
const MAX_RETRY_AFTER_MS = 300_000
const MS_PER_SECOND = 1000

/** Browsers refuse larger bodies with `keepalive`, all of them counted together. */
const KEEPALIVE_BYTES = 60 * 1024

/** Of what a refusal says: the page of an unknown proxy may be long. */
const MAX_TEXT_LENGTH = 200

/** The connection is no more: the server said so, or nobody answers. */
export class PollEnd extends Error {
  override readonly name = 'PollEnd'
  /** How long the server wants to be left alone, where it has said so. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, options?: ErrorOptions & { readonly retryAfterMs?: number | undefined }) {
    super(message, options)
    this.retryAfterMs = options?.retryAfterMs
  }
}

export interface PollExchangeOptions {
  readonly url: string
  readonly fetch: FetchLike
  readonly clock: Clock
}

export interface Asking {
  /** Asked before each attempt, so that it says the latest. `attempt` counts from 0. */
  readonly body: (attempt: number) => Uint8Array
  /** Of one attempt, until the answer begins. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Whether it should outlive the page. */
  readonly keepalive?: boolean
}

export class PollExchange {
  readonly #options: PollExchangeOptions

  constructor(options: PollExchangeOptions) {
    this.#options = options
  }

  /**
   * The body of the answer; `undefined` when `signal` was aborted.
   *
   * @throws PollEnd
   */
  async ask(asking: Asking): Promise<Uint8Array | undefined> {
    const { signal, body } = asking
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        return await this.#attempt(body(attempt), asking)
      } catch (error) {
        if (signal.aborted) break
        const pauseMs = PAUSES_MS[attempt]
        if (error instanceof PollEnd) throw error
        if (pauseMs === undefined) throw new PollEnd(messageOf(error), { cause: error })
        await this.pause(pauseMs, signal)
      }
    }
    return undefined
  }

  /** Says something and waits for nothing. */
  tell(body: Uint8Array): void {
    this.#fetch(body, { keepalive: true }).then(
      (response) => response.body?.cancel(),
      () => {},
    )
  }

  /** Ends early, and well, when `signal` is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    return new Promise((resolve) => {
      const end = (): void => {
        cancelTimer()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancelTimer = clock.schedule(clock.now() + ms, end)
      signal.addEventListener('abort', end)
    })
  }

  async #attempt(body: Uint8Array, { timeoutMs, signal, keepalive = false }: Asking): Promise<Uint8Array> {
    const { clock } = this.#options
    const attempt = new AbortController()
    const cut = (): void => attempt.abort()
    let cancelTimer = clock.schedule(clock.now() + timeoutMs, cut)
    signal.addEventListener('abort', cut)
    try {
      const response = await this.#fetch(body, {
        signal: attempt.signal,
        keepalive: keepalive && body.byteLength <= KEEPALIVE_BYTES,
      })
      cancelTimer()
      cancelTimer = clock.schedule(clock.now() + BODY_TIMEOUT_MS, cut)
      if (response.status !== 200) throw await failureOf(response)
      if (!isOurs(response)) throw new PollEnd('What answers is no Tautline server')
      return await readBounded(response)
    } finally {
      cancelTimer()
      signal.removeEventListener('abort', cut)
    }
  }

  #fetch(body: Uint8Array, init: RequestInit): Promise<Response> {
    const { fetch, url } = this.#options
    return fetch(url, {
      ...init,
      method: 'POST',
      // Both as they stand need no leave of another origin (CORS). Our bytes are never in shared memory.
      headers: { accept: POLL_MEDIA_TYPE },
      body: body as Uint8Array<ArrayBuffer>,
      // As with a WebSocket, which takes cookies to other origins too.
      credentials: 'include',
      redirect: 'error',
    })
  }
}

/** Whether it is worth another attempt is a question of who answers: a proxy that reaches nobody, or the server. */
async function failureOf(response: Response): Promise<Error> {
  const { status } = response
  const mayPass = status === 408 || (status > 500 && status !== 503)
  if (mayPass) {
    await response.body?.cancel()
    return new Error(`HTTP status ${status}`)
  }
  const text = new TextDecoder().decode(await readBounded(response)).slice(0, MAX_TEXT_LENGTH)
  const message = text === '' ? `HTTP status ${status}` : `HTTP status ${status}: ${text}`
  return new PollEnd(message, { retryAfterMs: retryAfterOf(response.headers.get('retry-after')) })
}

/** Given in seconds; a date would need the clocks of both ends to agree. */
function retryAfterOf(text: string | null): number | undefined {
  if (text === null || !/^\d+$/.test(text)) return undefined
  return Math.min(Number(text) * MS_PER_SECOND, MAX_RETRY_AFTER_MS)
}

function isOurs(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith(POLL_MEDIA_TYPE) === true
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks = new BodyChunks(POLL_LIMITS.bodyBytes)
  const reader = response.body?.getReader()
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    if (chunks.add(next.value)) continue
    await reader?.cancel()
    throw new PollEnd(`Expected an answer of at most ${POLL_LIMITS.bodyBytes} bytes`)
  }
  return chunks.join()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'The request failed'
}
