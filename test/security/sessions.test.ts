/** Whose session it is, and what others learn of it. */
import { createClient } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import { FrameType, type Welcome } from '@tautline/core/protocol'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  call,
  codec,
  greetByHand,
  type HandClient,
  openByHand,
  plainHello,
} from '../../packages/adapters/conformance/hand-client.ts'
import { isSameHash } from '../../packages/server/src/token-hash.ts'
import { api, SECRETS, type Served, startServed } from './served.fixture.ts'

let served: Served
const opened: HandClient[] = []

beforeAll(async () => {
  served = await startServed()
})
afterAll(async () => {
  for (const { raw } of opened) raw.destroy()
  await served.close()
})

const authOf = (user: string): Uint8Array => codec.encode({ user, token: SECRETS.credential })

async function welcomed(changes: Partial<typeof plainHello>): Promise<{ client: HandClient; welcome: Welcome }> {
  const client = await openByHand(served.url)
  opened.push(client)
  client.send({ type: FrameType.Hello, hello: { ...plainHello, ...changes } })
  const frame = await client.next(FrameType.Welcome)
  if (frame?.type !== FrameType.Welcome) throw new Error('Expected WELCOME')
  return { client, welcome: frame.welcome }
}

describe('a session', () => {
  test('has no id that a client has chosen', async () => {
    const sid = 'chosen-by-an-attacker'
    const { welcome } = await welcomed({ sid, token: new Uint8Array(32) })
    expect(welcome).toMatchObject({ resumed: false, reason: 'unknown' })
    expect(welcome.sid).not.toBe(sid)
    expect(welcome.sid).toMatch(/^[0-9a-f]{32}$/)
  })

  test('is nothing to whoever knows its id alone, and not theirs who has no part of its token right', async () => {
    const { client, welcome } = await welcomed({ auth: authOf('ada') })
    const almost = welcome.token.slice()
    almost[31] = (almost[31] ?? 0) ^ 1
    for (const token of [undefined, new Uint8Array(32), welcome.token.slice(0, 31), almost]) {
      const stolen = await welcomed({ sid: welcome.sid, token, auth: authOf('ada'), attempt: 99 })
      expect(stolen.welcome).toMatchObject({ resumed: false, gen: 1 })
      expect(stolen.welcome.sid).not.toBe(welcome.sid)
    }
    client.send(call(1, 'who', 1))
    const ok = await client.next(FrameType.Ok)
    expect(ok?.type === FrameType.Ok && ok.output !== undefined && codec.decode(ok.output)).toBe('ada ada')
  })

  test('is not gone on with by another principal, token or not', async () => {
    const { welcome } = await welcomed({ auth: authOf('ada') })
    const { sid, token } = welcome
    const stolen = await welcomed({ sid, token, auth: authOf('eve'), attempt: 2 })
    expect(stolen.welcome).toMatchObject({ resumed: false, reason: 'auth' })
    expect(stolen.welcome.sid).not.toBe(sid)
  })
})

describe('a token', () => {
  test('is compared to its end, wherever the first difference is', () => {
    const reads = vi.spyOn(String.prototype, 'charCodeAt')
    const readsOf = (differsAt: number): number => {
      const hash = Array.from({ length: 64 }, (_, at) => (at === differsAt ? '1' : '0')).join('')
      reads.mockClear()
      isSameHash(hash, '0'.repeat(64))
      return reads.mock.calls.length
    }
    const counts = [0, 31, 63, 64].map(readsOf)
    reads.mockRestore()
    expect(counts).toEqual([128, 128, 128, 128])
  })

  test('is in no line of the log, and neither are credentials, what is called, or what fails inside', async () => {
    const { client, welcome } = await welcomed({ auth: authOf('ada') })
    const { sid, token } = welcome
    await welcomed({ sid, token: new Uint8Array(32).fill(7), auth: authOf('ada'), attempt: 5 })
    const refused = await openByHand(served.url)
    opened.push(refused)
    refused.send({
      type: FrameType.Hello,
      hello: { ...plainHello, auth: codec.encode({ user: 'eve', token: 'wrong-1234' }) },
    })
    expect((await refused.end()).code).toBe(4401)
    client.sendMessage(Uint8Array.of(0xc1))
    await client.end()
    const text = served.lines.join('\n')
    expect(text).toContain('4401')
    for (const secret of [
      SECRETS.credential,
      'wrong-1234',
      ...spellings(token),
      ...spellings(new Uint8Array(32).fill(7)),
    ]) {
      expect(text).not.toContain(secret)
    }
    // Who has it still has no token; but it is nobody's business.
    expect(text).not.toContain(sid)
  })
})

function spellings(bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes)
  return [buffer.toString('hex'), buffer.toString('base64'), buffer.toString('base64url'), [...bytes].join(',')]
}

describe('before anybody has said who they are', () => {
  test('nothing runs: requests in front of HELLO, or behind one that is refused', async () => {
    const before = served.ran.length
    const early = await openByHand(served.url)
    opened.push(early)
    early.send(call(1, 'echo'))
    expect((await early.end()).code).toBe(4400)
    const refused = await openByHand(served.url)
    opened.push(refused)
    refused.send(
      { type: FrameType.Hello, hello: { ...plainHello, auth: codec.encode({ user: 'eve', token: 'no' }) } },
      call(1, 'echo'),
    )
    expect((await refused.end()).code).toBe(4401)
    expect(served.ran.length).toBe(before)
  })

  test('credentials of any shape end one connection at most', async () => {
    const shapes = [null, 1, 'x', [], {}, { user: null }, { user: {}, token: { toString: 1 } }, new Map([[1, 2]])]
    for (const shape of shapes) {
      const client = await openByHand(served.url)
      opened.push(client)
      client.send({ type: FrameType.Hello, hello: { ...plainHello, auth: codec.encode(shape) } })
      expect([4401, 4500]).toContain((await client.end()).code)
    }
    const witness = await greetByHand(served.url)
    opened.push(witness)
  })
})

describe('many callers at once', () => {
  test('each have their own context, whatever runs in between', async () => {
    const users = Array.from({ length: 8 }, (_, n) => `user-${n}`)
    const clients = users.map((user) =>
      createClient(api, { url: served.url, auth: () => ({ user, token: SECRETS.credential }) }),
    )
    const calls = Array.from({ length: 240 }, (_, n) => n)
    const answers = await Promise.all(
      calls.map(async (n) => {
        const answer = await clients[n % users.length]?.who(n)
        return [users[n % users.length], answer] as const
      }),
    )
    for (const [user, answer] of answers) expect(answer).toBe(`${user} ${user}`)
    await Promise.all(clients.map((client) => client.$.close()))
  })

  test('learn nothing of what fails inside, not even where it looks like an error of the contract', async () => {
    const client = createClient(api, { url: served.url })
    for (const code of ['NOT_FOUND', 'FORBIDDEN', '__proto__', 'constructor']) {
      const error: unknown = await client.fails(code).catch((caught: unknown) => caught)
      if (!isTautlineError(error, 'INTERNAL')) throw error
      expect(JSON.stringify([error.message, error.data])).not.toContain(SECRETS.internal)
    }
    await expect(client.fails('declared')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await client.$.close()
  })
})
