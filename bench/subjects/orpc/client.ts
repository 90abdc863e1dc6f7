import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { WebSocket as ReconnectingWebSocket } from 'partysocket'
import { WebSocket } from 'ws'
import type { BenchClient } from '../subject.ts'
import type { contract } from './contract.ts'

export async function connect(url: string): Promise<BenchClient> {
  // The link has no reconnect of its own; its documentation sends its users to this socket, which has.
  const socket = new ReconnectingWebSocket(url, undefined, { WebSocket })
  socket.binaryType = 'arraybuffer'
  // It types its `readyState` as any number.
  const websocket = socket as typeof socket & Pick<globalThis.WebSocket, 'readyState'>
  const client: ContractRouterClient<typeof contract> = createORPCClient(new RPCLink({ websocket }))
  await new Promise((resolve) => {
    socket.addEventListener('open', resolve, { once: true })
  })
  return {
    get: (id) => client.get({ id }),
    table: () => client.table(),
    async echo(bytes) {
      // What `ws` and the platform hand out is never a SharedArrayBuffer.
      const back = await client.echo(new Blob([bytes as Uint8Array<ArrayBuffer>]))
      return new Uint8Array(await back.arrayBuffer())
    },
    async stream(count) {
      let items = 0
      for await (const _ of await client.stream({ count })) items += 1
      return items
    },
    async subscribe(onTick) {
      listen(await client.ticks(), onTick)
    },
    async subscribeRows(onRows) {
      listen(await client.rows(), onRows)
    },
    async close() {
      socket.close()
    },
  }
}

function listen<Event>(events: AsyncIterable<Event>, onEvent: (event: Event) => void): void {
  const read = async () => {
    for await (const event of events) onEvent(event)
  }
  // Ends with its connection, and nobody waits for that.
  read().catch(() => undefined)
}
