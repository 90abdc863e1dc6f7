/** `npm start`: builds the page, runs the server on the chosen runtime, and with `--once` drives every kind of call. */
import { parseArgs } from 'node:util'
import { type Runtime, runtimes } from '../../scripts/runtimes.ts'
import { buildPage } from './build-page.ts'
import { runOnce } from './once.ts'
import { type SpawnedServer, spawnServer } from './spawn-server.ts'

const USAGE = `Machine room: this machine, live, over one connection.

  npm start                        serve the page on http://127.0.0.1:4000/
  npm start -- --runtime deno      the server's runtime: node (default), bun, deno
  npm start -- --port 8080         another port; 0 for any free one
  npm start -- --host 0.0.0.0      let others in (there is no login)
  npm start -- --once              drive every kind of call from the terminal, then end
`

const DEFAULT_PORT = '4000'

interface Arguments {
  readonly runtime: Runtime
  readonly host: string
  readonly port: number
  readonly once: boolean
}

function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      runtime: { type: 'string', default: 'node' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const runtime = runtimes.find((name) => name === values.runtime)
  if (runtime === undefined) throw new TypeError(`Expected --runtime to be node, bun or deno, got "${values.runtime}"`)
  return {
    runtime,
    host: values.host,
    port: readPort(values.port ?? (values.once ? '0' : DEFAULT_PORT)),
    once: values.once,
  }
}

function readPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new TypeError(`Expected --port to be an integer from 0 to 65535, got "${text}"`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function main(): Promise<number> {
  let args: Arguments | undefined
  try {
    args = readArguments()
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${USAGE}`)
    return 2
  }
  if (args === undefined) {
    console.log(USAGE)
    return 0
  }
  await buildPage()
  let server: SpawnedServer
  try {
    server = await spawnServer(args)
  } catch (error) {
    // The server itself has said why.
    console.error(messageOf(error))
    return 1
  }
  if (args.once) {
    const passed = await runOnce(server, args.runtime)
    const code = await server.stop()
    if (code !== 0) console.error(`The server ended with ${String(code)}, expected 0`)
    return passed && code === 0 ? 0 : 1
  }
  console.log(`\n  Machine room is open on ${server.url}  (server on ${args.runtime}, Ctrl+C ends it)\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop())
  return server.exited
}

process.exitCode = await main()
