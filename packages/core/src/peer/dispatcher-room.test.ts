import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { mutation, query } from '../contract/procedure.ts'
import { router } from '../contract/router.ts'
import { createPackingCodec } from '../packing/packing-codec.ts'
import { implement } from './implement.ts'
import { createRecordingLink } from './link.fixture.ts'

const api = router({
  get: query({ input: v.number(), output: v.unknown() }),
  fail: mutation({ errors: { NO: null } }),
})

/** A dispatcher over a link that has room only where the test says so, with all encoding counted. */
function dispatch() {
  const codec = createPackingCodec()
  const encoded: unknown[] = []
  const reported: unknown[] = []
  let room = 0
  const link = createRecordingLink()
  const succeed = link.succeed.bind(link)
  link.hasRoom = () => room > 0
  link.succeed = (id, output) => {
    room--
    succeed(id, output)
  }
  const implementation = implement(api).handlers({
    get: ({ input }) => (input < 0 ? () => 'no value' : input),
    fail: ({ fail }) => fail('NO'),
  })
  const dispatcher = implementation['~createDispatcher'](implementation, {
    link,
    connection: { id: '1', remoteAddress: undefined, client: {}, close() {}, terminate() {} },
    context: {},
    auth: undefined,
    setting: {
      codec: {
        ...codec,
        encode: (value) => {
          encoded.push(value)
          return codec.encode(value)
        },
      },
      onError: ({ error }) => void reported.push(error),
      createErrorId: () => 'error-id',
      now: () => 0,
    },
  })
  const ask = (id: number, procedure: string, input?: number): void => {
    const payload = input === undefined ? undefined : codec.encode(input)
    dispatcher.onCalleeEffect({ type: 'call', id, procedure, input: payload, timeoutMs: undefined, meta: undefined })
  }
  const setRoom = (answers: number): void => {
    room = answers
  }
  const giveRoom = (answers: number): void => {
    setRoom(answers)
    dispatcher.onRoom()
  }
  return { dispatcher, link, encoded, reported, ask, setRoom, giveRoom }
}

/** Handlers without a promise have answered at once, these within a few microtasks. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

describe('answers for which there is no room', () => {
  test('wait as the values they are, and are encoded when they leave', async () => {
    const { ask, encoded, link, giveRoom } = dispatch()
    for (const id of [1, 3, 5]) ask(id, 'get', id)
    await settle()
    expect([encoded, link.log]).toEqual([[], []])
    giveRoom(2)
    expect(encoded).toEqual([1, 3])
    expect(link.log).toEqual(['succeed 1', 'succeed 3'])
    giveRoom(1)
    expect(link.log).toEqual(['succeed 1', 'succeed 3', 'succeed 5'])
  })

  test('leave in the order in which they came, also before later ones that find room', () => {
    const { ask, link, setRoom, giveRoom } = dispatch()
    for (const id of [1, 3]) ask(id, 'get', id)
    setRoom(9)
    ask(5, 'get', 5)
    expect(link.log).toEqual([])
    giveRoom(2)
    ask(7, 'get', 7)
    giveRoom(9)
    expect(link.log).toEqual(['succeed 1', 'succeed 3', 'succeed 5', 'succeed 7'])
    ask(9, 'get', 9)
    expect(link.log.at(-1)).toBe('succeed 9')
  })

  test('are dropped where their caller has given up meanwhile', () => {
    const { ask, encoded, link, giveRoom, dispatcher } = dispatch()
    for (const id of [1, 3]) ask(id, 'get', id)
    expect(dispatcher.unfinished).toBe(2)
    dispatcher.onCalleeEffect({ type: 'abort', id: 1, why: 'cancelled' })
    giveRoom(9)
    expect(link.log).toEqual(['succeed 3'])
    expect(encoded).toEqual([3])
    expect([dispatcher.unfinished, dispatcher.size]).toEqual([0, 0])
  })

  test('become errors where they turn out to be no values, and hold up nobody behind', () => {
    const { ask, link, reported, giveRoom } = dispatch()
    ask(1, 'get', -1)
    ask(3, 'get', 3)
    expect(link.log).toEqual([])
    giveRoom(9)
    expect(link.log).toEqual(['fail 1 UNSERIALISABLE', 'succeed 3'])
    expect(reported).toHaveLength(1)
  })

  test('are forgotten with the connection', () => {
    const { ask, encoded, link, giveRoom, dispatcher } = dispatch()
    ask(1, 'get', 1)
    dispatcher.onLost()
    giveRoom(9)
    expect([encoded, link.log, dispatcher.size]).toEqual([[], [], 0])
  })

  test('hold up no error of another call', () => {
    const { ask, link } = dispatch()
    ask(1, 'get', 1)
    ask(3, 'fail')
    expect(link.log).toEqual(['fail 3 NO'])
  })
})
