/**
 * The machine room's server, on whichever runtime runs this file. Prints `READY <url>` when it listens and ends in good
 * order when it is told to (SIGINT, SIGTERM) or when whoever started it is gone (`--with-parent`: its stdin ends).
 */
import { parseArgs } from 'node:util'
import type { FetchHandler, Serving } from '@tautline/adapters/node'
import { createServer, type Server } from '@tautline/server'
import { api, NOTE_LIMIT } from './api.ts'
import { loadPage } from './assets.ts'
import { createHandlers } from './handlers.ts'
import { isLoopback, isLoopbackOrigin } from './loopback-origin.ts'
import { Machine } from './machine/machine.ts'
import { runtime } from './machine/runtime.ts'
import { NoteBoard } from './note-board.ts'
import { Visitors } from './visitors.ts'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    'with-parent': { type: 'boolean', default: false },
  },
})

const machine = new Machine()
const board = new NoteBoard(NOTE_LIMIT)
const visitors = new Visitors((present) => {
  server.publish(api.room.present, present)
})
const server = createServer(
  createHandlers({
    machine,
    board,
    visitors,
    announce: {
      added: (note) => {
        server.publish(api.notes.added, note)
      },
      removed: (id) => {
        server.publish(api.notes.removed, { id })
      },
    },
  }),
  {
    origins: isLoopback(values.host)
      ? (origin, request) => isLoopbackOrigin(origin, request.headers.get('host'))
      : 'same-origin',
  },
)

machine.start()
const serving = await listen(server, {
  host: values.host,
  port: Number(values.port),
  path: '/rpc',
  fetch: await loadPage(),
}).catch(giveUp)
console.log(`READY ${new URL('/', serving.url.replace('ws', 'http')).href}`)

let stopping = false
const stop = async (): Promise<void> => {
  if (stopping) return
  stopping = true
  machine.stop()
  await serving.close({ drainMs: 1_000 })
  process.exit(0)
}
process.once('SIGINT', () => void stop())
process.once('SIGTERM', () => void stop())
if (values['with-parent']) process.stdin.resume().once('end', () => void stop())

/** A port that is taken is no bug of the room: one line says more than a stack. */
function giveUp(error: Error): never {
  const { code, message }: NodeJS.ErrnoException = error
  const why = code === 'EADDRINUSE' ? 'the port is in use; --port 0 takes any free one' : message
  console.error(`Cannot listen on ${values.host}:${values.port}: ${why}`)
  process.exit(1)
}

interface Address {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly fetch: FetchHandler
}

/** Each runtime has its own adapter; it is loaded where it fits. */
async function listen(room: Server, address: Address): Promise<Serving> {
  if (runtime.name === 'bun') return (await import('@tautline/adapters/bun')).serve(room, address)
  if (runtime.name === 'deno') return (await import('@tautline/adapters/deno')).serve(room, address)
  return (await import('@tautline/adapters/node')).serve(room, address)
}
