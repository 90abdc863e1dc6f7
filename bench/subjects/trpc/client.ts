import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { WebSocket } from 'ws'
import { fromBase64, toBase64 } from '../base64.ts'
import type { BenchClient } from '../subject.ts'
import type { AppRouter } from './router.ts'

export async function connect(url: string): Promise<BenchClient> {
  const { promise: open, resolve } = Promise.withResolvers<void>()
  // Its type is the browser's, its use is what `ws` has of it.
  const socket = createWSClient({
    url,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    onOpen: resolve,
  })
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] })
  await open
  return {
    get: (id) => client.get.query({ id }),
    table: () => client.table.query(),
    async echo(bytes) {
      return fromBase64((await client.echo.mutate({ base64: toBase64(bytes) })).base64)
    },
    stream: (count) =>
      new Promise((finish, reject) => {
        let items = 0
        client.stream.subscribe(
          { count },
          {
            onData() {
              items += 1
            },
            onComplete() {
              finish(items)
            },
            onError: reject,
          },
        )
      }),
    subscribe: (onTick) =>
      new Promise((started, reject) => {
        client.ticks.subscribe(undefined, { onStarted: () => started(), onData: onTick, onError: reject })
      }),
    subscribeRows: (onRows) =>
      new Promise((started, reject) => {
        client.rows.subscribe(undefined, { onStarted: () => started(), onData: onRows, onError: reject })
      }),
    async close() {
      await socket.close()
    },
  }
}
