import { type ClientTarget, createClient, type WebSocketConstructor } from '@tautline/client'
import { longPollConnector } from '@tautline/client/long-poll'
import { type Check, type ConformanceClient, checks } from './checks.ts'
import { api } from './contract.ts'
import type { StandUrls } from './stands.ts'

export interface RunOptions {
  readonly urls: StandUrls
  readonly WebSocket?: WebSocketConstructor
  /** Long polls in place of WebSockets. */
  readonly longPoll?: boolean
  /** Names of the checks to leave out: those that the capability table rules out. */
  readonly without: readonly string[]
}

/** The outcome of one check: `error` is absent where it passed. Travels as JSON. */
export interface CheckResult {
  readonly check: string
  readonly ms: number
  readonly error?: string
}

const CHECK_LIMIT_MS = 15_000

/** Runs the list, one check after the other, on whichever runtime this is. */
export async function runChecks(options: RunOptions, report: (result: CheckResult) => void): Promise<void> {
  for (const check of checks) {
    if (options.without.includes(check.name)) continue
    const began = performance.now()
    const error = await runCheck(check, options)
    const ms = Math.round(performance.now() - began)
    report({ check: check.name, ms, ...(error === undefined ? {} : { error }) })
  }
}

async function runCheck(check: Check, { urls, ...options }: RunOptions): Promise<string | undefined> {
  const clients: ConformanceClient[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`Expected an end within ${String(CHECK_LIMIT_MS)} ms`))
    }, CHECK_LIMIT_MS)
  })
  const run = check.run({
    name: crypto.randomUUID(),
    connect(behaviour = {}, { stand = 'main', as } = {}) {
      const url = new URL(urls[stand] ?? `about:${stand}`)
      if (as !== undefined) url.searchParams.set('client', as)
      const client = createClient(api, { ...targetOf(url, options), ...behaviour })
      clients.push(client)
      return client
    },
  })
  try {
    await Promise.race([run, limit])
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    clearTimeout(timer)
    await Promise.all(clients.map((client) => client.$.close()))
  }
}

function targetOf(url: URL, { WebSocket, longPoll }: Pick<RunOptions, 'WebSocket' | 'longPoll'>): ClientTarget {
  return longPoll === true ? { connector: longPollConnector({ url }) } : { url, WebSocket }
}
