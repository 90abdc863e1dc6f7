import { describe, expect, test } from 'vitest'
import { FrameType } from '../protocol/frame.ts'
import type { Effect } from './effect.ts'
import { RefusedRequests } from './refused-requests.ts'

const call = { type: FrameType.Call, procedure: 'a', input: undefined, timeoutMs: undefined, meta: undefined } as const
const open = { ...call, type: FrameType.Open, resume: undefined } as const
const listen = { type: FrameType.Listen, event: 'a', params: undefined } as const

describe('an end that serves nothing', () => {
  test('answers every kind of request that there is no such procedure', () => {
    const requests = new RefusedRequests(2)
    const effects: Effect[] = []
    requests.onCall({ ...call, id: 2 }, 0, effects)
    requests.onOpen({ ...open, id: 4 }, 0, effects)
    requests.onListen({ ...listen, id: 6 }, 0, effects)
    expect(effects).toEqual(
      [2, 4, 6].map((id) => ({
        type: 'send',
        frame: expect.objectContaining({ type: FrameType.Error, id, code: 'UNKNOWN_PROCEDURE' }),
      })),
    )
    expect(requests.stats()).toEqual({ call: 0, stream: 0, topic: 0 })
  })

  test('passes over what follows such a request', () => {
    const requests = new RefusedRequests(2)
    requests.onOpen({ ...open, id: 4 }, 0, [])
    requests.onCancel({ type: FrameType.Cancel, id: 4 })
    expect(requests.findStream(4)).toBeUndefined()
    // One of another kind may have been overtaken.
    requests.onCall({ ...call, id: 2 }, 0, [])
  })

  test.each([
    ['an id of our own', 3],
    ['an id that was used', 2],
  ])('closes with 4400 for %s', (_, id) => {
    const requests = new RefusedRequests(2)
    requests.onCall({ ...call, id: 2 }, 0, [])
    expect(() => requests.onCall({ ...call, id }, 0, [])).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })

  test('closes with 4400 for a frame about an id that was never used', () => {
    const requests = new RefusedRequests(2)
    expect(() => requests.onCancel({ type: FrameType.Cancel, id: 2 })).toThrow(
      expect.objectContaining({ closeCode: 4400 }),
    )
    expect(() => requests.findStream(2)).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })
})
