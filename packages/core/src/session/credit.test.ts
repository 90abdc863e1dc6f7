import { describe, expect, test } from 'vitest'
import { ReceiveCredit, SendCredit } from './credit.ts'

describe('credit to send', () => {
  test('is there while items and bytes are, and lets one item pass the end of the bytes', () => {
    const credit = new SendCredit()
    expect(credit.available).toBe(false)
    expect(credit.grant({ items: 3, bytes: 10 })).toBe(true)
    credit.spend(9)
    expect(credit.available).toBe(true)
    credit.spend(100)
    expect(credit.available).toBe(false)
    expect(credit.grant({ items: 1, bytes: 99 })).toBe(false)
    expect(credit.grant({ items: 0, bytes: 1 })).toBe(true)
  })

  test('ends with the last item, whatever bytes are left', () => {
    const credit = new SendCredit()
    credit.grant({ items: 1, bytes: 10 })
    credit.spend(1)
    expect(credit.available).toBe(false)
  })

  test('says only once that sending is possible', () => {
    const credit = new SendCredit()
    expect(credit.grant({ items: 1, bytes: 1 })).toBe(true)
    expect(credit.grant({ items: 1, bytes: 1 })).toBe(false)
  })

  test('refuses more than can be counted', () => {
    const credit = new SendCredit()
    credit.grant({ items: Number.MAX_SAFE_INTEGER, bytes: 1 })
    expect(() => credit.grant({ items: 1, bytes: 1 })).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })
})

describe('credit to receive', () => {
  const started = (items: number, bytes: number): ReceiveCredit => {
    const credit = new ReceiveCredit()
    credit.start({ items, bytes })
    return credit
  }

  test('allows items up to the window and refuses one past it', () => {
    const credit = started(2, 100)
    credit.use(1)
    credit.use(1)
    expect(() => credit.use(1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })

  test('allows the item that passes the last byte and refuses the next', () => {
    const credit = started(10, 100)
    credit.use(99)
    credit.use(1_000)
    expect(() => credit.use(1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })

  test('allows nothing before the window is known', () => {
    expect(() => new ReceiveCredit().use(1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
    expect(new ReceiveCredit().give(1)).toBeUndefined()
  })

  test('returns what was taken once half of the items or half of the bytes are', () => {
    const byItems = started(4, 1_000)
    expect(byItems.give(1)).toBeUndefined()
    expect(byItems.give(2)).toEqual({ items: 2, bytes: 3 })
    expect(byItems.give(1)).toBeUndefined()

    const byBytes = started(100, 10)
    expect(byBytes.give(4)).toBeUndefined()
    expect(byBytes.give(1)).toEqual({ items: 2, bytes: 5 })
  })

  test('never lets a stream stand still once all is taken, for any window', () => {
    for (const items of [1, 2, 3, 7]) {
      for (const bytes of [1, 2, 5, 64]) {
        const receive = started(items, bytes)
        const send = new SendCredit()
        send.grant({ items, bytes })
        for (let sent = 0; sent < 100; sent += 1) {
          const length = 1 + ((sent * 7) % 40)
          expect(send.available).toBe(true)
          send.spend(length)
          receive.use(length)
          const grant = receive.give(length)
          if (grant !== undefined) send.grant(grant)
        }
      }
    }
  })
})
