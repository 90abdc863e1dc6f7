import { rawHello } from '@tautline/core/testing'
import { describe, expect, test } from 'vitest'
import { SessionTicket } from './session-ticket.ts'

/** Bytes that tell when they were drawn. */
function createTicket() {
  let draws = 0
  return new SessionTicket((length) => new Uint8Array(length).fill(++draws))
}

const show = (token: Uint8Array | undefined, attempt: number) => rawHello({ sid: 'any', token, attempt })

describe('a ticket', () => {
  test('names its session by 128 bits, and gives tokens of 256, another each time', () => {
    const ticket = createTicket()
    expect(ticket.sid).toBe('01'.repeat(16))
    const first = ticket.issue({ token: undefined, attempt: 1 })
    const second = ticket.issue({ token: first, attempt: 2 })
    expect([first.byteLength, second.byteLength]).toEqual([32, 32])
    expect(second).not.toEqual(first)
  })

  test('counts connections, and knows the latest attempt', () => {
    const ticket = createTicket()
    expect(ticket.gen).toBe(0)
    const token = ticket.issue({ token: undefined, attempt: 3 })
    expect([ticket.gen, ticket.attempt]).toEqual([1, 3])
    ticket.issue({ token, attempt: 7 })
    expect([ticket.gen, ticket.attempt]).toEqual([2, 7])
  })

  test.each([
    ['older', 2, 'late'],
    ['the same', 3, 'late'],
    ['newer', 4, 'valid'],
  ])('judges an attempt that is %s', (_, attempt, verdict) => {
    const ticket = createTicket()
    const token = ticket.issue({ token: undefined, attempt: 3 })
    expect(ticket.judge(show(token, attempt))).toBe(verdict)
  })

  test('takes nobody without the token, whatever the attempt', () => {
    const ticket = createTicket()
    expect(ticket.judge(show(new Uint8Array(), 9))).toBe('foreign')
    const token = ticket.issue({ token: undefined, attempt: 3 })
    for (const shown of [undefined, new Uint8Array(), new Uint8Array(32), token.subarray(0, 31)]) {
      expect([ticket.judge(show(shown, 9)), ticket.judge(show(shown, 1))]).toEqual(['foreign', 'foreign'])
    }
  })

  test('takes the token that was shown, beside the new one, until the new connection has proven itself', () => {
    const ticket = createTicket()
    const first = ticket.issue({ token: undefined, attempt: 1 })
    const second = ticket.issue({ token: first, attempt: 2 })
    expect([ticket.judge(show(first, 3)), ticket.judge(show(second, 3))]).toEqual(['valid', 'valid'])
    ticket.confirm()
    expect([ticket.judge(show(first, 3)), ticket.judge(show(second, 3))]).toEqual(['foreign', 'valid'])
  })

  test('takes whichever of several WELCOMEs a client has got, or none of them, until one is confirmed', () => {
    const ticket = createTicket()
    const first = ticket.issue({ token: undefined, attempt: 1 })
    ticket.confirm()
    const given = [2, 3, 4].map((attempt) => ticket.issue({ token: first, attempt }))
    for (const token of [first, ...given]) expect(ticket.judge(show(token, 9))).toBe('valid')
    ticket.confirm()
    const [second, third, latest] = given
    for (const token of [first, second, third]) expect(ticket.judge(show(token, 9))).toBe('foreign')
    expect(ticket.judge(show(latest, 9))).toBe('valid')
  })

  test.each([
    [7, 'valid'],
    [8, 'foreign'],
  ])('knows the one that was shown for ever, and another after %i more as %s', (count, verdict) => {
    const ticket = createTicket()
    const shown = ticket.issue({ token: undefined, attempt: 1 })
    const other = ticket.issue({ token: shown, attempt: 2 })
    for (let attempt = 3; attempt < 2 + count; attempt++) ticket.issue({ token: shown, attempt })
    expect(ticket.judge(show(other, 99))).toBe(verdict)
    expect(ticket.judge(show(shown, 99))).toBe('valid')
  })

  test('does not hold the token itself', () => {
    const ticket = createTicket()
    const token = ticket.issue({ token: undefined, attempt: 1 })
    const shown = token.slice()
    token.fill(0)
    expect([ticket.judge(show(shown, 2)), ticket.judge(show(token, 2))]).toEqual(['valid', 'foreign'])
  })
})
