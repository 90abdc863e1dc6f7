/**
 * Probes and metrics on a port of their own: clients cannot reach them, and they are answered for as long as the process lives,
 * also while the other port is drained.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OperationsPort {
  readonly port: number
  close(): void
}

type Answer = (request: Request) => Response | Promise<Response>

export async function openOperationsPort(host: string, port: number, answer: Answer): Promise<OperationsPort> {
  const http = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    const accept = headers.accept ?? ''
    Promise.resolve(new Request(new URL(url, 'http://localhost'), { method, headers: { accept } }))
      .then(answer)
      .then(async (response) => {
        const body = await response.text()
        outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(body)
      })
      .catch(() => outgoing.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, resolve)
  })
  return {
    // Listening on a port, not on a pipe, it has an address of this kind.
    port: (http.address() as AddressInfo).port,
    close() {
      http.close()
      http.closeAllConnections()
    },
  }
}
