import { describe, expect, test } from 'vitest'
import { ReceiveCredit, SendCredit } from './credit.ts'

describe('credit to send', () => {
  test('is there while items and bytes are, and lets one item pass the end of the bytes', () => {
    const credit = new SendCredit()
    expect(credit.available).toBe(false)
    expect(credit.grant({ items: 3, bytes: 10 })).toBe(true)
    credit.spend(1, 9)
    expect(credit.available).toBe(true)
    credit.spend(1, 100)
    expect(credit.available).toBe(false)
    expect(credit.grant({ items: 1, bytes: 99 })).toBe(false)
    expect(credit.grant({ items: 0, bytes: 1 })).toBe(true)
  })

  test('ends with the last item, whatever bytes are left', () => {
    const credit = new SendCredit()
    credit.grant({ items: 1, bytes: 10 })
    credit.spend(1, 1)
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
  const started = (items: number, bytes: number, maxItems = items): ReceiveCredit => {
    const credit = new ReceiveCredit()
    credit.start({ items, bytes, maxItems })
    return credit
  }

  test('allows items up to the window and refuses one past it', () => {
    const credit = started(2, 100)
    credit.use(1, 1)
    credit.use(1, 1)
    expect(() => credit.use(1, 1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })

  test('allows the item that passes the last byte and refuses the next', () => {
    const credit = started(10, 100)
    credit.use(1, 99)
    credit.use(1, 1_000)
    expect(() => credit.use(1, 1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })

  test('allows nothing before the window is known', () => {
    expect(() => new ReceiveCredit().use(1, 1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
    expect(new ReceiveCredit().give(1, 1)).toBeUndefined()
  })

  test('returns what was taken once half of the items or half of the bytes are', () => {
    const byItems = started(4, 1_000)
    expect(byItems.give(1, 1)).toBeUndefined()
    expect(byItems.give(1, 2)).toEqual({ items: 2, bytes: 3 })
    expect(byItems.give(1, 1)).toBeUndefined()

    const byBytes = started(100, 10)
    expect(byBytes.give(1, 4)).toBeUndefined()
    expect(byBytes.give(1, 1)).toEqual({ items: 2, bytes: 5 })
  })

  test('allows a batch up to the last item, whatever its bytes, and refuses one item more', () => {
    const credit = started(5, 100)
    credit.use(2, 99)
    expect(() => credit.use(4, 1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
    credit.use(3, 1_000)
    expect(() => credit.use(1, 1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })

  test('doubles the window for a reader that has taken all, up to the most', () => {
    const credit = started(4, 1_000, 12)
    const windows: (number | undefined)[] = []
    for (const arriving of [4, 4, 8, 12, 12]) {
      credit.use(arriving, arriving)
      windows.push(credit.give(arriving, arriving)?.items)
    }
    expect(windows).toEqual([4 + 4, 4 + 4, 8, 12, 12])
    credit.use(12, 12)
    expect(() => credit.use(1, 1)).toThrow(expect.objectContaining({ closeCode: 4400 }))
  })

  test('does not double it while anything waits for the reader, nor where bytes are what is due', () => {
    const slow = started(4, 1_000, 16)
    slow.use(4, 4)
    expect(slow.give(3, 3)).toEqual({ items: 3, bytes: 3 })

    const large = started(8, 10, 16)
    large.use(1, 10)
    expect(large.give(1, 10)).toEqual({ items: 1, bytes: 10 })
  })

  test('leaves a window alone that is larger than the most', () => {
    const credit = started(4, 1_000, 2)
    credit.use(4, 4)
    expect(credit.give(4, 4)).toEqual({ items: 4, bytes: 4 })
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
          send.spend(1, length)
          receive.use(1, length)
          const grant = receive.give(1, length)
          if (grant !== undefined) send.grant(grant)
        }
      }
    }
  })
})
