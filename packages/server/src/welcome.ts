import { contractOf } from '@tautline/core'
import type { ServedProcedures } from '@tautline/core/peer'
import { type CompressionChoice, type Hello, PROTOCOL_VERSION, type Welcome } from '@tautline/core/protocol'
import type { ServerSettings } from './server-options.ts'

/** What both ends hold alike, so that indexes may stand for paths. */
export interface Agreement {
  /** The contract that the server serves. */
  readonly contract: boolean
  /** The one that the client serves. */
  readonly calls: boolean
}

export function agreementOf(hello: Hello, { '~contract': contract, '~calls': calls }: ServedProcedures): Agreement {
  const sharesContract = hello.contractHash === contract.hash
  const sharesCalls = calls !== undefined && hello.servesHash === contractOf(calls).hash
  if (sharesContract) return sharesCalls ? ALL : CONTRACT_ALONE
  return sharesCalls ? CALLS_ALONE : NOTHING_SHARED
}

/** One for all connections that have agreed on the same. */
export const NOTHING_SHARED: Agreement = Object.freeze({ contract: false, calls: false })
const CONTRACT_ALONE: Agreement = Object.freeze({ contract: true, calls: false })
const CALLS_ALONE: Agreement = Object.freeze({ contract: false, calls: true })
const ALL: Agreement = Object.freeze({ contract: true, calls: true })

/** The session that the client is welcomed to. */
export type WelcomedSession = Pick<Welcome, 'sid' | 'token' | 'gen' | 'resumed' | 'reason'>

export interface WelcomeParts {
  readonly settings: ServerSettings
  readonly served: ServedProcedures
  readonly socketCompresses: boolean
}

/** Answers a HELLO that is accepted. */
export function createWelcome(
  hello: Hello,
  session: WelcomedSession,
  { settings, served, socketCompresses }: WelcomeParts,
): Welcome {
  const { limits, heartbeat, name, resume } = settings
  const { messageBytes, inflatedBytes, framesPerMessage, calls, streams, streamItems, streamBytes } = limits
  const { '~calls': called } = served
  return {
    version: PROTOCOL_VERSION,
    ...session,
    // The session knows better, and puts its own in place of this.
    rx: 0,
    heartbeat,
    resumeWindowMs: hello.standby ? 0 : (resume?.windowMs ?? 0),
    limits: { messageBytes, inflatedBytes, framesPerMessage, calls, streams, streamItems, streamBytes },
    compression: socketCompresses ? undefined : chooseCompression(hello, settings),
    contractHash: served['~contract'].hash,
    servesHash: called === undefined ? undefined : contractOf(called).hash,
    authExpiresInMs: undefined,
    server: name,
  }
}

function chooseCompression(hello: Hello, { compression }: ServerSettings): CompressionChoice | undefined {
  if (compression === undefined) return undefined
  const { compressor, thresholdBytes } = compression
  const { algorithm } = compressor
  return hello.compression.includes(algorithm) ? { algorithm, thresholdBytes } : undefined
}
