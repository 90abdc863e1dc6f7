/**
 * What a line goes through when the other end, the network or the process itself falls silent. These take the time that
 * they take, so all of them run side by side, on every runtime at once.
 */
import { setTimeout as pass } from 'node:timers/promises'
import type { RunningServer } from '../start-server.ts'
import { createFaultProxy } from './fault-proxy.ts'
import type { Verdict } from './ledger.ts'
import type { RunningClient } from './start-client.ts'

/** A server, and a process with clients that is never disturbed itself. */
export interface Place {
  readonly server: RunningServer
  readonly client: RunningClient
}

export interface HalfOpen {
  readonly verdict: Verdict
  /** From the last byte that passed, until the client knew, and until it was connected again. */
  readonly foundMs: number
  readonly backMs: number
}

export interface Blocked {
  /** Of all lines that were there. */
  readonly reconnects: number
  readonly ms: number
}

export interface Frozen {
  readonly verdict: Verdict
  /** From SIGCONT until a call went through. */
  readonly backMs: number
}

const OTHERS = 20
const BLOCKED_MS = 5_000
const FROZEN_MS = 20_000

const urlOf = ({ urls }: RunningServer): string => urls.main ?? ''

/** Both directions of a connection vanish, while it is idle or right before a call. */
export async function halfOpen({ server, client }: Place, when: 'idle' | 'pending'): Promise<HalfOpen> {
  const url = new URL(urlOf(server))
  const proxy = await createFaultProxy({ targetPort: Number(url.port) })
  url.port = String(proxy.port)
  try {
    await client.ask('open', { names: [when], url: url.href, streams: 2 })
    await useLine(client, when, 0)
    const [connection] = proxy.connections
    connection?.up.drop()
    connection?.down.drop()
    const began = performance.now()
    const found = client.becomes(when, 'reconnecting').then(() => performance.now() - began)
    const back = client.becomes(when, 'connected').then(() => performance.now() - began)
    const pending = when === 'pending' ? client.ask('call', { name: when, n: 1 }) : undefined
    const [foundMs, backMs] = [await found, await back]
    await pending
    await useLine(client, when, 2)
    return { verdict: await client.ask('finish', { name: when }), foundMs, backMs }
  } finally {
    await proxy.close()
  }
}

/** The server computes for so long that it answers nobody. These are all its clients, so it can count them too. */
export async function blockedServer({ server, client }: Place): Promise<Blocked & { readonly disconnections: number }> {
  const names = Array.from({ length: OTHERS }, (_, index) => `beside a blocked server ${String(index)}`)
  await client.ask('open', { names: [...names, 'blocker'], url: urlOf(server), streams: 0 })
  const began = performance.now()
  const spinning = client.ask('spinServer', { name: 'blocker', ms: BLOCKED_MS })
  await Promise.all(names.map((name) => client.ask('call', { name, n: 0 })))
  await spinning
  const ms = performance.now() - began
  for (const name of names) await client.ask('call', { name, n: 1 })
  const disconnections = await client.ask('disconnections', { name: 'blocker' })
  return { reconnects: await client.ask('reconnects', { names }), disconnections, ms }
}

/** All clients of one process hear nothing for so long, while answers come for them. */
export async function blockedClient({ server, client }: Place): Promise<Blocked> {
  const names = Array.from({ length: OTHERS }, (_, index) => `blocked ${String(index)}`)
  await client.ask('open', { names, url: urlOf(server), streams: 0 })
  const began = performance.now()
  const calls = names.map((name) => client.ask('call', { name, n: 0 }))
  await client.ask('spin', { ms: BLOCKED_MS })
  await Promise.all(calls)
  const ms = performance.now() - began
  for (const name of names) await client.ask('call', { name, n: 1 })
  return { reconnects: await client.ask('reconnects', { names }), ms }
}

/** SIGSTOP for the server, right before a call, and SIGCONT. */
export async function frozenServer({ server, client }: Place): Promise<Frozen> {
  const name = 'beside a frozen server'
  await client.ask('open', { names: [name], url: urlOf(server), streams: 2 })
  await useLine(client, name, 0)
  server.freeze()
  const pending = client.ask('call', { name, n: 1 })
  await pass(FROZEN_MS)
  server.thaw()
  const began = performance.now()
  await Promise.all([pending, useLine(client, name, 2)])
  const backMs = performance.now() - began
  return { verdict: await client.ask('finish', { name }), backMs }
}

/** SIGSTOP for a process of clients, while the server has something to tell them, and SIGCONT. */
export async function frozenClient({ server, client }: Place, frozen: RunningClient): Promise<Frozen> {
  const name = 'frozen'
  await frozen.ask('open', { names: [name], url: urlOf(server), streams: 2 })
  await useLine(frozen, name, 0)
  await client.ask('open', { names: ['poker'], url: urlOf(server), streams: 0 })
  frozen.freeze()
  await client.ask('poke', { name: 'poker', load: name, n: 1 })
  await pass(FROZEN_MS)
  frozen.thaw()
  const began = performance.now()
  await useLine(frozen, name, 2)
  const backMs = performance.now() - began
  return { verdict: await frozen.ask('finish', { name }), backMs }
}

/** A call, and the next item of both kinds of streams. */
async function useLine(client: RunningClient, name: string, n: number): Promise<void> {
  await client.ask('call', { name, n })
  await Promise.all([0, 1].map((stream) => client.ask('take', { name, stream })))
}
