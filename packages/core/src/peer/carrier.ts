import type { Clock, Connector, Transport, TransportListener } from '../io/ports.ts'

/*
 * One transport, whoever uses it: a connection may hand it to the session that it turns out to belong to. Owns: whether it is
 * open, and how long its close may take. Must not know: messages, sessions. Normative text: PROTOCOL.md, "Transport".
 */

/** How long the peer may take to answer our close, before the transport is given up without it. */
const CLOSE_TIMEOUT_MS = 3000

/** What a carrier tells whoever uses it. */
export interface CarrierOwner {
  onOpen(carrier: Carrier): void
  onMessage(carrier: Carrier, message: Uint8Array): void
  onDrain(carrier: Carrier): void
  /** The last call, exactly once: closed, cut, or given up. */
  onGone(carrier: Carrier, code: number, reason: string): void
}

type CarrierState = 'connecting' | 'open' | 'closing' | 'gone'

export class Carrier implements TransportListener {
  /** Whom it tells. Whoever hands it over changes this first. */
  owner: CarrierOwner
  /** Once it is gone: how long the other end wants to be left alone, where it has said so. */
  retryAfterMs: number | undefined
  readonly #clock: Clock
  #transport: Transport | undefined
  #state: CarrierState = 'connecting'
  /** Ends the wait for the peer's answer to our close, where there is one. */
  #stopWaiting: (() => void) | undefined

  constructor(clock: Clock, owner: CarrierOwner) {
    this.#clock = clock
    this.owner = owner
  }

  /** @throws whatever the connector throws, such as for an address that is none */
  connect(connector: Connector): void {
    this.#transport = connector.connect(this)
  }

  /** Takes a transport that is open already. */
  accept(transport: Transport): void {
    this.#transport = transport
    this.#state = 'open'
  }

  onOpen(): void {
    if (this.#state !== 'connecting') return
    this.#state = 'open'
    this.owner.onOpen(this)
  }

  onMessage(message: Uint8Array): void {
    if (this.#state === 'open') this.owner.onMessage(this, message)
  }

  onDrain(): void {
    if (this.#state === 'open') this.owner.onDrain(this)
  }

  onClose(code: number, reason: string, retryAfterMs?: number): void {
    this.retryAfterMs = retryAfterMs
    this.#gone(code, reason)
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Until it is gone. */
  get transport(): Transport | undefined {
    return this.#state === 'gone' ? undefined : this.#transport
  }

  get backlogBytes(): number {
    return this.transport?.backlogBytes ?? 0
  }

  /** @returns whether it was there to take it */
  send(message: Uint8Array): boolean {
    if (this.#state !== 'open') return false
    this.#transport?.send(message)
    return true
  }

  /** Closes in good order, and waits only so long for it. A second time is without effect. */
  close(code: number, reason: string): void {
    if (this.#state === 'closing' || this.#state === 'gone') return
    this.closeSoon(code, reason)
    this.#state = 'closing'
    this.#transport?.close(code, reason)
  }

  /** Something is still to be sent before `close`: from now on all of it may take only so long. */
  closeSoon(code: number, reason: string): void {
    if (this.#state === 'gone') return
    this.#stopWaiting ??= this.#clock.schedule(this.#clock.now() + CLOSE_TIMEOUT_MS, () => this.#giveUp(code, reason))
  }

  #giveUp(code: number, reason: string): void {
    const transport = this.#transport
    try {
      if (transport?.abort === undefined) transport?.close(code, reason)
      else transport.abort()
    } finally {
      // Aborting may have told so already.
      this.#gone(code, reason)
    }
  }

  #gone(code: number, reason: string): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#stopWaiting?.()
    this.owner.onGone(this, code, reason)
  }
}
