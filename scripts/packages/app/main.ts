// Serves on the runtime that runs this file and drives the API from there, over a real socket.
import { drive } from './drive.ts'
import { server } from './server.ts'

const { serve } =
  'Bun' in globalThis
    ? await import('@tautline/adapters/bun')
    : 'Deno' in globalThis
      ? await import('@tautline/adapters/deno')
      : await import('@tautline/adapters/node')

const serving = await serve(server, { port: 0, host: '127.0.0.1' })
console.log(await drive(serving.url))
await serving.close()
const { limited: _, ...now } = server.stats()
const left = Object.entries(now).filter(([, count]) => count !== 0)
if (left.length > 0) throw new Error(`expected nothing to be left, got ${JSON.stringify(left)}`)
