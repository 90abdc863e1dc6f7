import {
  decodePollAnswer,
  encodePollRequest,
  type Part,
  POLL_MEDIA_TYPE,
  type PollAnswer,
  PollMode,
  type PollRequest,
} from '@tautline/core/long-poll'

/** Speaks the requests of one long poll by hand, over real HTTP. */
export class RawPoll {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #id = crypto.getRandomValues(new Uint8Array(16))
  #sent = 0

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.#headers = headers
  }

  /** The first request, with one message. */
  open(message: Uint8Array): Promise<PollAnswer> {
    return this.#ask(PollMode.Open, 0, [message])
  }

  send(ack: number, ...messages: readonly Uint8Array[]): Promise<PollAnswer> {
    return this.#ask(PollMode.Send, ack, messages)
  }

  poll(ack: number): Promise<PollAnswer> {
    return this.#ask(PollMode.Poll, ack, [])
  }

  post(body: Uint8Array): Promise<Response> {
    return fetch(this.#url, {
      method: 'POST',
      headers: { accept: POLL_MEDIA_TYPE, ...this.#headers },
      // Made here, never in shared memory.
      body: body as Uint8Array<ArrayBuffer>,
    })
  }

  async #ask(mode: PollMode, ack: number, messages: readonly Uint8Array[]): Promise<PollAnswer> {
    const parts: Part[] = messages.map((bytes) => ({ type: 'piece', bytes, last: true }))
    const request: PollRequest = { mode, id: this.#id, seq: parts.length === 0 ? 0 : this.#sent + 1, ack, parts }
    this.#sent += parts.length
    const response = await this.post(encodePollRequest(request))
    if (response.status !== 200) throw new Error(`Expected status 200, got ${String(response.status)}`)
    return decodePollAnswer(new Uint8Array(await response.arrayBuffer()))
  }
}
