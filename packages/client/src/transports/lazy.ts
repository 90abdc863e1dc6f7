/**
 * A transport whose code is loaded when it is first needed, so that pages which never need it never load it.
 *
 * Owns: what is asked of the transport before it is there. Must not know: which one it is.
 */
import type { Connector, Transport, TransportListener } from '@tautline/core/io'

/** Gone without a word. */
const ABNORMAL = 1006

/** @param load gives the connector; a failure ends that attempt, and the next one loads again */
export function lazyConnector(kind: string, load: () => Promise<Connector>): Connector {
  return { kind, connect: (listener) => new LazyTransport(kind, load, listener) }
}

class LazyTransport implements Transport {
  readonly kind: string
  #state: { readonly type: 'loading' | 'closed' } | { readonly type: 'loaded'; readonly transport: Transport } = {
    type: 'loading',
  }

  constructor(kind: string, load: () => Promise<Connector>, listener: TransportListener) {
    this.kind = kind
    this.#load(load, listener).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : ''
      listener.onClose(ABNORMAL, `The transport could not be loaded: ${reason}`)
    })
  }

  get compresses(): boolean {
    return this.#state.type === 'loaded' && this.#state.transport.compresses
  }

  get backlogBytes(): number {
    return this.#state.type === 'loaded' ? this.#state.transport.backlogBytes : 0
  }

  /** Nothing is sent before `onOpen`, which only the loaded one tells. */
  send(message: Uint8Array): void {
    if (this.#state.type === 'loaded') this.#state.transport.send(message)
  }

  close(code: number, reason: string): void {
    if (this.#state.type === 'loaded') this.#state.transport.close(code, reason)
    else this.#state = { type: 'closed' }
  }

  abort(): void {
    if (this.#state.type !== 'loaded') this.#state = { type: 'closed' }
    else if (this.#state.transport.abort === undefined) this.#state.transport.close(ABNORMAL, '')
    else this.#state.transport.abort()
  }

  async #load(load: () => Promise<Connector>, listener: TransportListener): Promise<void> {
    const connector = await load()
    if (this.#state.type === 'closed') listener.onClose(ABNORMAL, 'Closed before it was loaded')
    else this.#state = { type: 'loaded', transport: connector.connect(listener) }
  }
}
