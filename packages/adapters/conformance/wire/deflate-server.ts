// deno deflate-server.ts: `ws` as the adapter would use it for RFC 7692. Prints its port; ends with its stdin.

import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true },
})
server.on('connection', (socket) => {
  socket.on('error', () => undefined)
})
server.on('listening', () => {
  // Listening on a port, not on a pipe, it has an address of this kind.
  const { port } = server.address() as AddressInfo
  console.log(port)
})
process.stdin.resume()
process.stdin.once('end', () => process.exit(0))
