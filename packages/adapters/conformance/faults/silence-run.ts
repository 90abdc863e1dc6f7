import type { Runtime } from '../../../../scripts/runtimes.ts'
import type { ServerKind } from '../capabilities.ts'
import { startServer } from '../start-server.ts'
import {
  type Blocked,
  blockedClient,
  blockedServer,
  type Frozen,
  frozenClient,
  frozenServer,
  type HalfOpen,
  halfOpen,
} from './silent-scenarios.ts'
import { startClient } from './start-client.ts'

export interface SilenceOutcome {
  readonly idle: HalfOpen
  readonly pending: HalfOpen
  readonly blockedServer: Blocked & { readonly disconnections: number }
  readonly blockedClient: Blocked
  readonly frozenServer: Frozen
  readonly frozenClient: Frozen
  /** Of all processes, in the end. */
  readonly exitCodes: readonly (number | null)[]
}

const script = new URL('fault-server.ts', import.meta.url)

/** Each way to serve meets the clients of its own runtime; the conformance matrix has the other pairs. */
const clientOf: Readonly<Record<ServerKind, Runtime>> = { node: 'node', bun: 'bun', deno: 'deno', 'deno-serve': 'node' }

/** All scenarios on one runtime, side by side: of two servers one is disturbed, and so is one of two client processes. */
export async function runSilence(kind: ServerKind): Promise<SilenceOutcome> {
  const servers = await Promise.all([startServer(kind, { script }), startServer(kind, { script })])
  const clients = await Promise.all([startClient(clientOf[kind]), startClient(clientOf[kind])])
  const [disturbedServer, server] = servers
  const [disturbedClient, client] = clients

  // Those that spin come one after the other and first: they take the processor from what is measured in the others.
  async function disturb(): Promise<Omit<SilenceOutcome, 'idle' | 'exitCodes'>> {
    const ofServer = await blockedServer({ server: disturbedServer, client })
    const ofClient = await blockedClient({ server, client: disturbedClient })
    const [pending, serverThawed, clientThawed] = await Promise.all([
      halfOpen({ server, client }, 'pending'),
      frozenServer({ server: disturbedServer, client }),
      frozenClient({ server, client }, disturbedClient),
    ])
    return {
      pending,
      blockedServer: ofServer,
      blockedClient: ofClient,
      frozenServer: serverThawed,
      frozenClient: clientThawed,
    }
  }

  try {
    const [idle, others] = await Promise.all([halfOpen({ server, client }, 'idle'), disturb()])
    const exitCodes = await Promise.all([...clients, ...servers].map((process) => process.stop()))
    return { idle, ...others, exitCodes }
  } finally {
    await Promise.all([...clients, ...servers].map((process) => process.stop()))
  }
}
