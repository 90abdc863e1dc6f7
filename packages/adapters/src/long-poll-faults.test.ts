import { decodePollRequest, PollMode } from '@tautline/core/long-poll'
import { createRandom } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { createPollNetwork, type Fate, type PollNetwork } from './poll-network.fixture.ts'

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed)

/** More failures in a row than this, in one of the two requests, and a client gives up. */
const MAX_IN_A_ROW = 3

/** The first request arrives, or there is no connection to speak of. */
function createFaults(): (random: () => number, body: Uint8Array) => Fate {
  const inARow = { up: 0, down: 0 }
  return (random, body) => {
    const { mode } = decodePollRequest(body)
    const lane = mode === PollMode.Send ? 'up' : 'down'
    const wanted = fateOf(random())
    const isPossible = mode !== PollMode.Open || wanted === 'arrives' || wanted === 'answer lost'
    const fate = isPossible && inARow[lane] < MAX_IN_A_ROW ? wanted : 'arrives'
    inARow[lane] = fate === 'arrives' || fate === 'repeated' ? 0 : inARow[lane] + 1
    return fate
  }
}

function fateOf(what: number): Fate {
  if (what < 0.15) return 'request lost'
  if (what < 0.3) return 'answer lost'
  if (what < 0.45) return 'repeated'
  return what < 0.5 ? 'bad gateway' : 'arrives'
}

/** A message that says which it is. */
function numbered(n: number, length: number): Uint8Array {
  const message = new Uint8Array(4 + length).fill(n)
  new DataView(message.buffer).setUint32(0, n)
  return message
}

const numberOf = (message: Uint8Array): number => new DataView(message.buffer, message.byteOffset).getUint32(0)

/** Sends up and down at random times; the server echoes, and says things of its own. */
async function converse(network: PollNetwork, seed: number, count: number) {
  const random = createRandom(seed + 1_000_000)
  const client = network.connect()
  await network.clock.settle()
  for (let n = 0; n < count; n += 1) {
    // Now and then one that takes several bodies.
    client.transport.send(numbered(n, random() < 0.02 ? 700_000 : random() * 2000))
    await network.clock.advanceAsync(random() < 0.5 ? 0 : random() * 300)
  }
  await network.clock.advanceAsync(60_000)
  return client
}

describe('with requests and answers that are lost, repeated, late and out of order', () => {
  test.each(SEEDS)('every message arrives once, in order, both ways (seed %i)', async (seed) => {
    const network = createPollNetwork({ seed, fate: createFaults(), maxDelayMs: 400 })
    const count = 60
    const client = await converse(network, seed, count)
    const expected = Array.from({ length: count }, (_, n) => n)
    expect(client.messages.map(numberOf)).toEqual(expected)
    expect(client.transport.backlogBytes).toBe(0)
    expect(network.server.sockets).toHaveLength(1)
    expect(network.server.sockets[0]?.backlogBytes).toBe(0)
    client.transport.close(1000, 'done')
    await network.clock.advanceAsync(60_000)
    expect(client.events.at(-1)).toBe('close 1000 done')
    expect(network.server.events.at(-1)).toBe('closed 1000 done')
    expect(network.longPoll.stats()).toEqual({ connections: 0, held: 0 })
    expect(network.clock.pending).toBe(0)
  })
})
