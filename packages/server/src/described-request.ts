import type { ClientCertificate } from '@tautline/core/peer'
import type { HeaderList } from './header-list.ts'
import type { UpgradeRequest } from './socket.ts'

/** What is known of a request, its headers as a list. */
export interface RequestFacts extends Omit<UpgradeRequest, 'headers' | 'headerList'> {
  readonly headerList: HeaderList
}

/** A request whose `Headers` are made when somebody looks at them. */
export class DescribedRequest implements UpgradeRequest {
  readonly url: URL
  readonly headerList: HeaderList
  readonly remoteAddress: string | undefined
  readonly secure: boolean
  readonly clientCertificate: ClientCertificate | undefined
  #headers: Headers | undefined

  constructor({ url, headerList, remoteAddress, secure, clientCertificate }: RequestFacts) {
    this.url = url
    this.headerList = headerList
    this.remoteAddress = remoteAddress
    this.secure = secure
    this.clientCertificate = clientCertificate
  }

  /** @throws TypeError for a header that `Headers` does not take */
  get headers(): Headers {
    if (this.#headers === undefined) {
      this.#headers = new Headers()
      for (const [name, value] of this.headerList) this.#headers.append(name, value)
    }
    return this.#headers
  }
}

/** The headers of a request, at the least cost. */
export function headersOf(request: Pick<UpgradeRequest, 'headers' | 'headerList'>): HeaderList {
  return request.headerList ?? request.headers
}
