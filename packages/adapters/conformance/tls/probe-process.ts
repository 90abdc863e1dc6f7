// <runtime> probe-process.ts '[{"kind":"ws","urls":{…},"identity":{…}}]': one line of JSON with what came of each.
import process from 'node:process'
import type { ClientKind } from '../capabilities.ts'
import { type ProbeOptions, type ProbeResult, probe } from './probe.ts'

/** What a client shows, and whom it believes where it shows something. */
export interface ProbeIdentity {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

export interface ProbeRun {
  readonly kind: ClientKind
  readonly urls: ProbeOptions['urls']
  readonly identity?: ProbeIdentity
}

type Means = Pick<ProbeOptions, 'WebSocket' | 'fetch'>

/** Each runtime has a way of its own to show a certificate: behind a constructor and a function they are alike. */
async function meansOf(kind: ClientKind, identity: ProbeIdentity | undefined): Promise<Means> {
  if (kind === 'ws') {
    const { WebSocket } = await import('ws')
    return {
      WebSocket: class extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols, identity)
        }
      },
    }
  }
  if (identity === undefined) return {}
  const options = kind.startsWith('bun') ? { tls: identity } : { client: denoClient(identity) }
  return {
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        // Bun and Deno take options where browsers take protocols.
        super(url, { protocols, ...options } as unknown as string[])
      }
    },
    fetch: (url, init) => fetch(url, { ...init, ...options }),
  }
}

interface DenoWithClients {
  createHttpClient(options: {
    readonly cert: string
    readonly key: string
    readonly caCerts: readonly string[]
  }): object
}

function denoClient({ cert, key, ca }: ProbeIdentity): object {
  const { Deno: deno } = globalThis as unknown as { readonly Deno: DenoWithClients }
  return deno.createHttpClient({ cert, key, caCerts: [ca] })
}

async function run({ kind, urls, identity }: ProbeRun): Promise<ProbeResult> {
  return probe({ urls, longPoll: kind.endsWith('-poll'), ...(await meansOf(kind, identity)) })
}

const runs = JSON.parse(process.argv[2] ?? '') as readonly ProbeRun[]
console.log(JSON.stringify(await Promise.all(runs.map(run))))
process.exit(0)
