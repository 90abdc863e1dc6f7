// Through a proxy that lets no WebSocket pass: what long polls are for.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureNginx } from '../../../scripts/ensure-nginx.ts'
import { rawUpgrade } from '../src/raw-websocket.fixture.ts'
import { checks } from './checks.ts'
import { type RunningNginx, startNginx } from './nginx.ts'
import type { CheckResult } from './run-checks.ts'
import { runClient } from './run-client.ts'
import { type RunningServer, startServer } from './start-server.ts'

const executable = await ensureNginx()
// Said aloud by `ensureNginx`; where everything has to run, that is a failure.
const isLeftOut = executable === undefined && process.env['CI'] === undefined

/** Those on the main stand: the others are reached past the proxy. */
const ours = checks.filter(({ server }) => server === undefined || server === 'terminate')

describe.skipIf(isLeftOut)('nginx as it comes', () => {
  let server: RunningServer
  let nginx: RunningNginx
  const results = new Map<string, CheckResult>()

  beforeAll(async () => {
    if (executable === undefined) throw new Error('Expected an nginx: see the message above')
    server = await startServer('node')
    const { origin } = new URL((server.urls.main ?? '').replace(/^ws/, 'http'))
    nginx = await startNginx(executable, origin)
    const main = `ws://127.0.0.1:${String(nginx.port)}/rpc`
    const without = checks.filter((check) => !ours.includes(check)).map(({ name }) => name)
    const run = { urls: { main }, without, authorityFile: '' }
    for (const result of await runClient('node-poll', run)) results.set(result.check, result)
  }, 240_000)
  afterAll(async () => {
    await nginx.stop()
    expect(await server.stop()).toBe(0)
  })

  test('lets no WebSocket pass', async () => {
    const upgrade = await rawUpgrade({ port: nginx.port, target: '/rpc' })
    expect(upgrade.status).not.toBe(101)
    upgrade.destroy()
  })

  test.each(ours)('$name', ({ name }) => {
    expect(results.get(name)).toBeDefined()
    expect(results.get(name)?.error).toBeUndefined()
  })

  test('leaves nothing behind', async () => {
    await expect.poll(async () => (await server.usage()).connections).toBe(0)
  })
})
