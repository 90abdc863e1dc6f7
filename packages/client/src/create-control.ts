import { encodeValue } from '@tautline/core/peer'
import type { ClientControl } from './client-control.ts'
import type { ClientBehaviour } from './client-options.ts'
import type { ClientStatus } from './client-status.ts'
import type { Line } from './line.ts'
import { browserSignals } from './page-signals.ts'
import type { Reconnector } from './reconnector.ts'

/** Makes the `$` of a client, and lets the platform's signals in. */
export function createControl(reconnector: Reconnector, line: Line, options: ClientBehaviour): ClientControl {
  const { status } = reconnector
  if (options.onStatus !== undefined) status.subscribe(options.onStatus)
  const stopSignals = (options.pageSignals ?? browserSignals)((signal) => reconnector.signal(signal))
  const functions = {
    onStatus: (listener) => status.subscribe(listener),
    reconnect: () => reconnector.reconnect(),
    connected: () => reconnector.whenConnected(),
    async refreshAuth() {
      const auth = encodeValue(line.codec, await options.auth?.())
      if (auth !== undefined) reconnector.refreshAuth(auth)
    },
    close() {
      stopSignals()
      return reconnector.close()
    },
    stats: () => ({
      roundTripMs: reconnector.roundTripMs,
      ...reconnector.traffic,
      reconnects: reconnector.reconnects,
      inFlight: line.intents.size,
      queued: line.intents.waiting,
    }),
  } satisfies Omit<ClientControl, 'status'>
  return Object.freeze(Object.assign(new Current(status), functions))
}

/**
 * A getter of an object literal would be part of its hidden class, and all that it sees, which is the client, would live until the
 * next collection of the whole heap: 18 KB of each client that was made and closed (V8).
 */
class Current {
  readonly #status: Reconnector['status']

  constructor(status: Reconnector['status']) {
    this.#status = status
  }

  get status(): ClientStatus {
    return this.#status.current
  }
}
