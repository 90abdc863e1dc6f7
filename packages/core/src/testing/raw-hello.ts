import type { Hello, Welcome } from '../protocol/frame.ts'
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { PROTOCOL_VERSION } from '../protocol/version.ts'

/** A HELLO for a new session, as plain as it gets. */
export function rawHello(overrides: Partial<Hello> = {}): Hello {
  return {
    version: PROTOCOL_VERSION,
    sid: undefined,
    token: undefined,
    rx: 0,
    attempt: 1,
    compression: [],
    contractHash: '0000000000000000',
    servesHash: undefined,
    auth: undefined,
    client: 'raw',
    why: 'start',
    standby: false,
    ...overrides,
  }
}

/** A WELCOME to a new session with the default limits. */
export function rawWelcome(overrides: Partial<Welcome> = {}): Welcome {
  return {
    version: PROTOCOL_VERSION,
    sid: 'raw-session',
    token: new Uint8Array(TOKEN_BYTES),
    gen: 1,
    resumed: false,
    reason: undefined,
    rx: 0,
    heartbeat: { idleMs: 20_000, timeoutMs: 10_000 },
    resumeWindowMs: 0,
    limits: DEFAULT_LIMITS,
    compression: undefined,
    contractHash: '0000000000000000',
    servesHash: undefined,
    authExpiresInMs: undefined,
    server: 'raw',
    ...overrides,
  }
}

const TOKEN_BYTES = 32
