import { createClient } from '@tautline/client'
import { api } from './api.ts'

function write(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${String(part)}n` : part))
}

function expectSame(what: string, got: unknown, expected: unknown): void {
  if (write(got) !== write(expected)) throw new Error(`${what}: expected ${write(expected)}, got ${write(got)}`)
}

/** Uses every kind of procedure, breaks the line in the middle of a subscription, and throws at the first wrong answer. */
export async function drive(url: string): Promise<string> {
  const client = createClient(api, { url, reconnect: { baseMs: 10 }, timeoutMs: 10_000 })
  const states = new Set<string>()
  client.$.onStatus(({ state }) => void states.add(state))

  const { text, at } = await client.greet({ name: 'Ada' })
  expectSame('query', [text, at instanceof Date, at.getTime()], ['Hello, Ada!', true, 0])

  const heard = Promise.withResolvers<number>()
  const listening = client.ready.on(({ cups }) => heard.resolve(cups))
  await listening.ready
  expectSame('mutation', await client.order({ cups: 9 }), 9n ** 20n)
  expectSame('event', await heard.promise, 9)
  listening.off()

  const refused = await client.order({ cups: 10 }).result()
  expectSame('declared error', !refused.ok && refused.error.code === 'SOLD_OUT' && refused.error.data.left, 9)
  // What no compiler looked at.
  const invalid = await client.order({ cups: 'many' as unknown as number }).result()
  expectSame('invalid input', !invalid.ok && invalid.error.code, 'INVALID_INPUT')

  const sizes: number[] = []
  for await (const size of client.measure({ name: 'a' }, [new Uint8Array(1000), new Uint8Array(70_000)]))
    sizes.push(size)
  expectSame('duplex', sizes, [1000, 71_000])

  const counted: number[] = []
  for await (const n of client.count({ to: 100 })) {
    counted.push(n)
    if (n !== 2) continue
    // It is answered over the next connection: the session goes on.
    expectSame('call on a line that breaks', (await client.cut().result()).ok, true)
    expectSame('session', client.$.status.resumed, true)
  }
  expectSame(
    'subscription over two connections',
    counted,
    Array.from({ length: 100 }, (_, index) => index + 1),
  )
  expectSame('reconnects', [client.$.stats().reconnects, client.$.stats().inFlight], [1, 0])
  await client.$.close()
  expectSame('states', [...states], ['connected', 'reconnecting', 'closed'])
  return 'query, mutation, event, declared error, duplex, subscription, reconnect'
}
