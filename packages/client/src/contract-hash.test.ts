import { query, router } from '@tautline/core'
import { implement } from '@tautline/core/peer'
import { createVirtualClock } from '@tautline/core/testing'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { createClient } from './create-client.ts'
import { createTestServer } from './test-server.fixture.ts'

test('schemas are not looked at before the first connection is there, and then once', async () => {
  const clock = createVirtualClock()
  let looked = 0
  const answer = v.lazy(() => {
    looked++
    return v.string()
  })
  const api = router({ get: query({ output: answer }) })
  const served = router({ get: query({ output: v.string() }) })
  const server = createTestServer({ clock, implementation: implement(served).handlers({ get: () => 'a' }) })
  const client = createClient(api, { connector: server.network.connector, clock })
  expect(looked).toBe(0)
  await clock.advanceAsync(10)
  expect(client.$.status.state).toBe('connected')
  expect(looked).toBe(1)
  server.latest.link.cut()
  await clock.advanceAsync(2000)
  expect(client.$.status.state).toBe('connected')
  expect(looked).toBe(1)
  const closed = client.$.close()
  await clock.advanceAsync(10)
  await closed
})
