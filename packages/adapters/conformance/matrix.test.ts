// Every kind of server with every kind of client, each in its own process: the same list of checks for all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testAuthority } from '../src/test-certificate.fixture.ts'
import {
  type ClientKind,
  clientCapabilities,
  clientKinds,
  type ServerKind,
  serverCapabilities,
  serverKinds,
} from './capabilities.ts'
import { type Check, checks } from './checks.ts'
import type { CheckResult } from './run-checks.ts'
import { runClient } from './run-client.ts'
import { type RunningServer, startServer } from './start-server.ts'

/** Why a check is meaningless for a pair, by the capability table. */
function ruledOut(check: Check, server: ServerKind, client: ClientKind): string | undefined {
  const verdicts = [
    check.server === undefined ? true : serverCapabilities[check.server].on[server],
    check.client === undefined ? true : clientCapabilities[check.client].on[client],
  ]
  return verdicts.find((verdict) => verdict !== true)
}

const temporary = mkdtempSync(join(tmpdir(), 'tautline-conformance-'))
const authorityFile = join(temporary, 'authority.pem')
writeFileSync(authorityFile, testAuthority)
afterAll(() => {
  rmSync(temporary, { recursive: true })
})

describe.each(serverKinds)('server %s', (serverKind) => {
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(serverKind)
  })
  afterAll(async () => {
    expect(await server.stop()).toBe(0)
  })

  describe.each(clientKinds)('client %s', (clientKind) => {
    const applicable = checks.filter((check) => ruledOut(check, serverKind, clientKind) === undefined)
    const without = checks.filter((check) => !applicable.includes(check)).map((check) => check.name)
    const results = new Map<string, CheckResult>()
    beforeAll(async () => {
      for (const result of await runClient(clientKind, { urls: server.urls, without, authorityFile }))
        results.set(result.check, result)
    }, 240_000)

    test.each(applicable)('$name', ({ name }) => {
      expect(results.get(name)).toBeDefined()
      expect(results.get(name)?.error).toBeUndefined()
    })

    test('leaves nothing behind', async () => {
      await expect.poll(async () => (await server.usage()).connections).toBe(0)
    })
  })
})
