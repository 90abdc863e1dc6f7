// Every kind of server, each in one process, under peers that write every byte themselves: RFC 6455 and the HTTP before it, all limits at
// what they allow and one past it, floods, and requests that do not end. Afterwards, each time, honest clients are served.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serverCapabilities, serverKinds } from '../capabilities.ts'
import { describeAdmission } from './admission-checks.ts'
import { describeDeflate } from './deflate-checks.ts'
import { describeFloods } from './flood-checks.ts'
import { describeFrames } from './frame-checks.ts'
import { describeLimits } from './limit-checks.ts'
import { describeRates } from './rate-checks.ts'
import { createSlowHeads, slowManners } from './slow-heads.ts'
import { describeUpgrades } from './upgrade-checks.ts'
import { createWireBed } from './wire-bed.ts'

/** Somebody behind a slow link must have some time; nobody gets more than 10 s, looked at every few seconds. */
const SLOW_AT_LEAST_MS = 8_000
const SLOW_WITHIN_MS = 20_000

const beds = serverKinds.map((kind) => {
  const bed = createWireBed(kind)
  return { kind, bed, slow: createSlowHeads(bed, SLOW_WITHIN_MS) }
})

beforeAll(async () => {
  await Promise.all(beds.map(({ bed }) => bed.start()))
  await Promise.all(beds.map(({ slow }) => slow.begin()))
})
afterAll(async () => {
  for (const { slow } of beds) slow.stop()
  await Promise.all(beds.map(({ bed }) => bed.stop()))
})

describe.each(beds)('server $kind', ({ bed }) => {
  afterEach(async () => {
    bed.release()
    await bed.serveHonestClients()
  })
  describeFrames(bed)
  describeUpgrades(bed)
  describeDeflate(bed)
  describeLimits(bed)
  describeAdmission(bed)
  describeRates(bed)
  describeFloods(bed)
})

describe.each(beds)('server $kind', ({ kind, slow }) => {
  const bounded = serverCapabilities.slowHeads.on[kind] === true

  test.each(slowManners)(`a client that %s before it is upgraded: ${bounded ? 'given up' : 'kept'}`, async (manner) => {
    const { state, status, afterMs } = await slow.endOf(manner)
    expect(state).toBe(bounded ? 'given up' : 'kept')
    expect([408, undefined]).toContain(status)
    expect(afterMs).toBeGreaterThan(SLOW_AT_LEAST_MS)
  })
})
