import type { Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'

/** Calls `judge` with the head of the first HTTP request. All that came until then is put back for whoever reads next. */
export function peekHead(socket: Socket, judge: (head: string) => void): void {
  let held = Buffer.alloc(0)
  const look = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk])
    const end = held.indexOf(HEAD_END)
    if (end < 0) return
    socket.off('data', look)
    // Flows again in a later turn, when `judge` has found a reader, unless that has paused it.
    socket.pause()
    socket.unshift(held)
    socket.resume()
    judge(held.toString('latin1', 0, end + HEAD_END.length))
  }
  socket.on('data', look)
}

export function isUpgradeRequest(head: string): boolean {
  return /^GET [^]*\r\nupgrade: *websocket\r\n/i.test(head)
}
