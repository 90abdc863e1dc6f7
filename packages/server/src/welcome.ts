import { contractOf } from '@tautline/core'
import type { ServedProcedures } from '@tautline/core/peer'
import { type CompressionChoice, type Hello, PROTOCOL_VERSION, type Welcome } from '@tautline/core/protocol'
import { toHex } from './random-bytes.ts'
import type { ServerSettings } from './server-options.ts'

/** Lengths fixed by PROTOCOL.md, "Sessions". */
const SID_BYTES = 16
const TOKEN_BYTES = 32

/** What both ends hold alike, so that indexes may stand for paths. */
export interface Agreement {
  /** The contract that the server serves. */
  readonly contract: boolean
  /** The one that the client serves. */
  readonly calls: boolean
}

export function agreementOf(hello: Hello, { '~contract': contract, '~calls': calls }: ServedProcedures): Agreement {
  return {
    contract: hello.contractHash === contract.hash,
    calls: calls !== undefined && hello.servesHash === contractOf(calls).hash,
  }
}

/** Answers a HELLO that is accepted. No session outlives its connection yet, so a client that asks for one gets another. */
export function createWelcome(
  hello: Hello,
  settings: ServerSettings,
  served: ServedProcedures & { readonly socketCompresses: boolean },
): Welcome {
  const { limits, heartbeat, randomBytes, name } = settings
  const { messageBytes, inflatedBytes, framesPerMessage, calls, streams, streamItems, streamBytes } = limits
  const { '~calls': called } = served
  return {
    version: PROTOCOL_VERSION,
    sid: toHex(randomBytes(SID_BYTES)),
    token: randomBytes(TOKEN_BYTES),
    gen: 1,
    resumed: false,
    reason: hello.sid === undefined ? undefined : 'unknown',
    // The session knows better, and puts its own in place of this.
    rx: 0,
    heartbeat,
    resumeWindowMs: 0,
    limits: { messageBytes, inflatedBytes, framesPerMessage, calls, streams, streamItems, streamBytes },
    compression: served.socketCompresses ? undefined : chooseCompression(hello, settings),
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
