import { createClient } from '@tautline/client'
import { WebSocket } from 'ws'
import type { BenchClient } from '../subject.ts'
import { api } from './api.ts'

/** Does not wait for the connection: the first call leaves with the client's hello. */
export async function connect(url: string): Promise<BenchClient> {
  const client = createClient(api, { url, WebSocket })
  return {
    get: (id) => client.get({ id }),
    table: () => client.table(),
    // `v.instance(Uint8Array)` says nothing of what is below it.
    echo: (bytes) => client.echo(bytes as Uint8Array<ArrayBuffer>),
    async stream(count) {
      let items = 0
      for await (const _ of client.ticks({ count })) items++
      return items
    },
    subscribe: (onTick) => client.ticked.on(onTick).ready,
    subscribeRows: (onRows) => client.rowsChanged.on(onRows).ready,
    close: () => client.$.close(),
  }
}
