// <runtime> fault-client.ts: clients of `faultApi` in a process of their own, driven by lines. Ends with its stdin.
import process from 'node:process'
import { createInterface } from 'node:readline'
import { type Client, createClient } from '@tautline/client'
import type { ClientCommand, ClientCommands, ClientMessage } from './client-commands.ts'
import { faultApi } from './fault-api.ts'
import type { Fleet } from './fleet.ts'
import { createNumberedLine, type NumberedLine } from './numbered-line.ts'
import { spin } from './spin.ts'

interface Opened {
  readonly client: Client<typeof faultApi>
  readonly line: NumberedLine
}

const ITEMS_PER_STREAM = 1000
/** Enough for what was asked to have left. */
const TURNS_BEFORE_SPIN = 10

const opened = new Map<string, Opened>()
let fleet: Fleet | undefined

function find(name: string): Opened {
  const found = opened.get(name)
  if (found === undefined) throw new Error(`Expected \`${name}\` to be open`)
  return found
}

async function open(name: string, url: string, streams: number): Promise<void> {
  const client = createClient(faultApi, {
    url,
    reconnect: { baseMs: 50, maxMs: 200 },
    onStatus: ({ state }) => {
      say({ type: 'status', name, state })
    },
  })
  opened.set(name, {
    client,
    line: await createNumberedLine(client, { load: name, streams, itemsPerStream: ITEMS_PER_STREAM }),
  })
}

type Commands = {
  readonly [C in ClientCommand]: (
    request: Parameters<ClientCommands[C]>[0],
  ) => ReturnType<ClientCommands[C]> | Promise<ReturnType<ClientCommands[C]> | void> | void
}

const commands: Commands = {
  async open({ names, url, streams }) {
    await Promise.all(names.map((name) => open(name, url, streams)))
  },
  call: ({ name, n }) => find(name).line.call(n),
  take: ({ name, stream }) => find(name).line.take(stream),
  finish: ({ name }) => find(name).line.finish(),
  async spin({ ms }) {
    for (let turn = 0; turn < TURNS_BEFORE_SPIN; turn++) await new Promise((resolve) => setImmediate(resolve))
    spin(ms)
  },
  spinServer: ({ name, ms }) => find(name).client.spin({ ms }),
  async poke({ name, load, n }) {
    await find(name).client.run({ load, n, turns: 0 })
  },
  reconnects: ({ names }) => names.reduce((sum, name) => sum + find(name).client.$.stats().reconnects, 0),
  disconnections: ({ name }) => find(name).client.disconnections(),
  async muster(options) {
    // Only where it is asked for: it takes the WebSocket of a package.
    const { Fleet } = await import('./fleet.ts')
    fleet = new Fleet(options)
    await fleet.muster()
  },
  disband() {
    const found = fleet
    if (found === undefined) throw new Error('Expected a fleet to be there')
    fleet = undefined
    return found.disband()
  },
}

function say(message: ClientMessage): void {
  console.log(JSON.stringify(message))
}

async function obey(id: number, command: ClientCommand, request: never): Promise<void> {
  try {
    say({ type: 'answer', id, value: await commands[command](request) })
  } catch (error) {
    say({ type: 'answer', id, error: String(error) })
  }
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const [id, command, request] = JSON.parse(line) as [number, ClientCommand, never]
  void obey(id, command, request)
})
lines.on('close', () => {
  void Promise.all([fleet?.disband(), ...[...opened.values()].map(({ client }) => client.$.close())]).then(() => {
    process.exit(0)
  })
})
say({ type: 'ready' })
