import type { ServerSocket, SocketAcceptor, UpgradeDecision, UpgradeRequest } from '@tautline/server'

/** Stands in for a server: answers each binary message with itself and notes what happens. */
export interface EchoAcceptor extends SocketAcceptor {
  readonly requests: UpgradeRequest[]
  readonly sockets: ServerSocket[]
  /** `open`, `text`, `drained`, `closed 1000 reason`, in order, over all sockets. */
  readonly events: string[]
  /** Resolves when `event` stands in `events`, at once if it already does. */
  seen(event: string): Promise<void>
}

export interface EchoAcceptorOptions {
  readonly decide?: (request: UpgradeRequest) => UpgradeDecision | Promise<UpgradeDecision>
  readonly maxMessageBytes?: number
}

export function createEchoAcceptor(options: EchoAcceptorOptions = {}): EchoAcceptor {
  const requests: UpgradeRequest[] = []
  const open = new Set<ServerSocket>()
  const sockets: ServerSocket[] = []
  const events: string[] = []
  const waiting = new Map<string, () => void>()
  let lastGone: (() => void) | undefined

  function note(event: string): void {
    events.push(event)
    waiting.get(event)?.()
  }

  return {
    requests,
    sockets,
    events,
    subprotocol: 'tautline.1',
    maxMessageBytes: options.maxMessageBytes ?? 1024 * 1024,
    seen(event) {
      if (events.includes(event)) return Promise.resolve()
      return new Promise((resolve) => {
        waiting.set(event, resolve)
      })
    },
    async decideUpgrade(request) {
      requests.push(request)
      return (await options.decide?.(request)) ?? { accept: true }
    },
    accept(socket) {
      open.add(socket)
      sockets.push(socket)
      note('open')
      return {
        message(data) {
          socket.send(data.slice())
        },
        textMessage() {
          note('text')
        },
        drained() {
          note('drained')
        },
        closed(code, reason) {
          open.delete(socket)
          note(`closed ${String(code)} ${reason}`.trimEnd())
          if (open.size === 0) lastGone?.()
        },
      }
    },
    async close({ drainMs } = {}) {
      for (const socket of open) {
        if (drainMs === 0) socket.terminate()
        else socket.close(1001, 'going away')
      }
      if (open.size > 0) {
        await new Promise<void>((resolve) => {
          lastGone = resolve
        })
      }
    },
  }
}
