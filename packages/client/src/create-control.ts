import { encodeValue } from '@tautline/core/peer'
import type { ClientControl } from './client-control.ts'
import type { ClientBehaviour } from './client-options.ts'
import type { Line } from './line.ts'
import { browserSignals } from './page-signals.ts'
import type { Reconnector } from './reconnector.ts'

/** Makes the `$` of a client, and lets the platform's signals in. */
export function createControl(reconnector: Reconnector, line: Line, options: ClientBehaviour): ClientControl {
  const { status } = reconnector
  if (options.onStatus !== undefined) status.subscribe(options.onStatus)
  const stopSignals = (options.pageSignals ?? browserSignals)((signal) => reconnector.signal(signal))
  return Object.freeze({
    get status() {
      return status.current
    },
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
  } satisfies ClientControl)
}
