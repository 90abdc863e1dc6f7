// node unused-fetch.fixture.ts: serves, answers one client, and prints which modules of Node's `fetch` are loaded.
import process from 'node:process'
import { query, router } from '@tautline/core'
import { createServer, implement } from '@tautline/server'
import { WebSocket } from 'ws'
import { serve } from './serve.ts'

const api = router({ ping: query({}) })
const server = createServer(implement(api).handlers({ ping: () => undefined }))
const { port } = await serve(server, { port: 0, host: '127.0.0.1' })
const client = new WebSocket(`ws://127.0.0.1:${String(port)}`, 'tautline.1')
await new Promise((resolve, reject) => {
  client.once('open', resolve)
  client.once('error', reject)
})

// Not documented, and only read: there is no other way to see it from within.
const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] }
process.stdout.write(JSON.stringify(moduleLoadList.filter((name) => name.includes('undici'))))
process.exit()
