import type { ClientCertificate } from '@tautline/core/peer'
import { headersOf } from './described-request.ts'
import type { UpgradeRequest } from './socket.ts'

/** Neither names nor values of headers have one. */
const BETWEEN = '\n'

/**
 * The request of a connection for as long as that lives: as text, of which URL and headers are made when somebody looks. As objects
 * they took 4 KiB of each connection that nobody ever looked at.
 */
export class KeptRequest implements UpgradeRequest {
  readonly remoteAddress: string | undefined
  readonly secure: boolean
  readonly clientCertificate: ClientCertificate | undefined
  readonly #url: string
  readonly #headers: string

  constructor(request: UpgradeRequest) {
    const { url, remoteAddress, secure, clientCertificate } = request
    this.remoteAddress = remoteAddress
    this.secure = secure
    this.clientCertificate = clientCertificate
    this.#url = url.href
    this.#headers = Array.from(headersOf(request), ([name, value]) => name + BETWEEN + value).join(BETWEEN)
  }

  get url(): URL {
    return new URL(this.#url)
  }

  get headers(): Headers {
    const headers = new Headers()
    const lines = this.#headers === '' ? [] : this.#headers.split(BETWEEN)
    for (let i = 0; i + 1 < lines.length; i += 2) headers.append(lines[i] ?? '', lines[i + 1] ?? '')
    return headers
  }
}
