import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Sockets on which somebody waits for answers. node:http tells of an upgrade at once, also of one that came right behind another
 * request: its 101 would overtake that answer, which would then be written between the frames.
 */
export interface OpenAnswers {
  /** A request has come, and will be answered. */
  note(request: IncomingMessage, response: ServerResponse): void
  wantedOn(stream: Duplex): boolean
}

export function createOpenAnswers(): OpenAnswers {
  const counts = new WeakMap<Duplex, number>()
  const add = (stream: Duplex, change: number): void => {
    counts.set(stream, (counts.get(stream) ?? 0) + change)
  }
  return {
    note({ socket }, response) {
      add(socket, 1)
      // Comes exactly once, also where the client is gone.
      response.once('close', () => {
        add(socket, -1)
      })
    },
    wantedOn: (stream) => (counts.get(stream) ?? 0) > 0,
  }
}
