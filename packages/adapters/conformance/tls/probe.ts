import { type ClientTarget, createClient, type WebSocketConstructor } from '@tautline/client'
import { type FetchLike, longPollConnector } from '@tautline/client/long-poll'
import { isTautlineError, query, router } from '@tautline/core'
import * as v from 'valibot'

export const api = router({ whoami: query({ output: v.optional(v.string()) }) })

export interface ProbeOptions {
  /** An address for each stand. */
  readonly urls: Readonly<Record<string, string>>
  readonly longPoll: boolean
  /** Where the global ones will not do. */
  readonly WebSocket?: WebSocketConstructor | undefined
  readonly fetch?: FetchLike | undefined
}

/** What came of each stand: the answer, or in which way there was none. */
export type ProbeResult = Readonly<Record<string, string>>

/** Connects once to each, all at the same time, and asks. */
export async function probe({ urls, ...means }: ProbeOptions): Promise<ProbeResult> {
  const asked = Object.entries(urls).map(async ([stand, url]) => [stand, await ask(url, means)] as const)
  return Object.fromEntries(await Promise.all(asked))
}

async function ask(url: string, { longPoll, WebSocket, fetch }: Omit<ProbeOptions, 'urls'>): Promise<string> {
  const target: ClientTarget = longPoll
    ? { connector: longPollConnector({ url, fetch }) }
    : { url, WebSocket, transports: ['websocket'] }
  const client = createClient(api, { ...target, reconnect: { maxAttempts: 1 } })
  try {
    return `answered ${(await client.whoami()) ?? 'somebody'}`
  } catch (error) {
    return isTautlineError(error) ? error.code : String(error)
  } finally {
    await client.$.close()
  }
}
