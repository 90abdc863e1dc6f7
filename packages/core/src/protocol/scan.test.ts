import { describe, expect, test } from 'vitest'
import { CloseCode } from './close-codes.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { Scanner } from './scan.ts'
import { refusedBytes } from './vector-notation.fixture.ts'
import { ProtocolViolation } from './violation.ts'

const MiB = 1024 * 1024

function recipe(hex: string, repeat: number, tail = ''): Uint8Array {
  return refusedBytes({ name: '', closeCode: 0, why: '', parts: [{ hex, repeat }, { hex: tail }] })
}

function scan(bytes: Uint8Array, limits: { readonly depth: number; readonly nodes: number } = DEFAULT_LIMITS): number {
  return new Scanner(limits).scan(bytes, 0, bytes.byteLength)
}

/** How far the scanner came, and how many values it had counted, before it refused. */
function refusal(bytes: Uint8Array): { readonly closeCode: number; readonly offset: number; readonly nodes: number } {
  const scanner = new Scanner(DEFAULT_LIMITS)
  try {
    scanner.scan(bytes, 0, bytes.byteLength)
  } catch (error) {
    if (error instanceof ProtocolViolation) {
      return { closeCode: error.closeCode, offset: scanner.offset, nodes: scanner.nodes }
    }
    throw error
  }
  throw new Error('Expected a refusal')
}

// What is counted here is the work: bytes looked at and values promised. Both are far below what the bytes declare.
describe('hostile values are refused at once', () => {
  test('100 bytes of nested arrays of 10,000,000 entries: at the first head', () => {
    expect(refusal(recipe('dd00989680', 20))).toEqual({ closeCode: CloseCode.Malformed, offset: 5, nodes: 1 })
  })

  test('an array of 4 G entries: at its head', () => {
    expect(refusal(recipe('ddffffffff', 1, 'c0'))).toEqual({ closeCode: CloseCode.Malformed, offset: 5, nodes: 1 })
  })

  test('a map of 4 G entries: at its head', () => {
    expect(refusal(recipe('dfffffffff', 1, 'a161'))).toEqual({ closeCode: CloseCode.Malformed, offset: 5, nodes: 1 })
  })

  test('40 KB of heads of arrays of 99,999 entries: at the first head', () => {
    expect(refusal(recipe('dd0001869f', 8000))).toEqual({ closeCode: CloseCode.Malformed, offset: 5, nodes: 1 })
  })

  test('heads that promise what is there only once: at the second head', () => {
    expect(refusal(recipe('dd000e0000', 2 * MiB))).toMatchObject({ closeCode: CloseCode.TooLarge, offset: 10 })
    const once = recipe('dd00080000', 1, 'dd00080000'.repeat(2) + 'c0'.repeat(600_000))
    expect(refusal(once)).toMatchObject({ closeCode: CloseCode.Malformed, offset: 10 })
  })

  test('a depth of 10,000,000: after as many bytes as the limit', () => {
    const deep = recipe('91', 10_000_000, 'c0')
    expect(refusal(deep)).toEqual({ closeCode: CloseCode.TooLarge, offset: 65, nodes: 65 })
  })

  test('Sets in Sets: after as many heads as the limit', () => {
    const heads = Array.from({ length: 1000 }, (_, i) => `c9${((999 - i) * 7 + 1).toString(16).padStart(8, '0')}0591`)
    expect(refusal(recipe(heads.join(''), 1))).toMatchObject({ closeCode: CloseCode.TooLarge, nodes: 520 })
  })
})

describe('limits', () => {
  test('depth: at the limit and one past it', () => {
    expect(scan(recipe('91', 64, 'c0'))).toBe(65)
    expect(() => scan(recipe('91', 65, 'c0'))).toThrow('nesting deeper than 64')
    expect(scan(recipe('81a161', 64, 'c0'))).toBe(64 * 3 + 1)
    expect(() => scan(recipe('81a161', 65, 'c0'))).toThrow('nesting deeper than 64')
  })

  test('an empty container counts as one level', () => {
    expect(scan(recipe('91', 63, '90'))).toBe(64)
    expect(() => scan(recipe('91', 64, '90'))).toThrow('nesting deeper than 64')
  })

  test('Map and Set count as one level each', () => {
    const set = (inner: string): string => `c8${(1 + inner.length / 2).toString(16).padStart(4, '0')}0591${inner}`
    let nested = 'c0'
    for (let i = 0; i < 64; i += 1) nested = set(nested)
    expect(scan(recipe(nested, 1))).toBe(nested.length / 2)
    expect(() => scan(recipe(set(nested), 1))).toThrow('nesting deeper than 64')
  })

  test('nodes: at the limit and one past it', () => {
    const limits = { depth: 64, nodes: 4 }
    expect(scan(recipe('93', 1, 'c0c0c0'), limits)).toBe(4)
    expect(() => scan(recipe('94', 1, 'c0c0c0c0'), limits)).toThrow('More than 4 values')
    expect(scan(recipe('91', 1, '81a161c0'), limits)).toBe(5)
    expect(() => scan(recipe('91', 1, '9181a161c0'), limits)).toThrow('More than 4 values')
  })

  test.each([
    ['bytes', 'c400', 'c40107'],
    ['longer bytes', 'c50000', 'c600000000'],
    ['an ArrayBuffer', 'd40601', 'c7030601aabb'],
    ['a typed array', 'd4060a', 'd5060307'],
    ['a Set', 'd40590', 'd40590'],
    ['a Map', 'd40490', 'd40490'],
  ])('nodes: %s counts for 8, at the limit and one past it', (_, hex, other) => {
    const limits = { depth: 64, nodes: 17 }
    expect(scan(recipe(`92${hex}${other}`, 1), limits)).toBe(1 + (hex.length + other.length) / 2)
    expect(() => scan(recipe(`92${hex}${other}`, 1), { ...limits, nodes: 16 })).toThrow('More than 16 values')
  })

  test('the budget of nodes is that of all calls together', () => {
    const scanner = new Scanner({ depth: 64, nodes: 2 })
    scanner.scan(Uint8Array.of(0xc0), 0, 1)
    scanner.scan(Uint8Array.of(0xc0), 0, 1)
    expect(() => scanner.scan(Uint8Array.of(0xc0), 0, 1)).toThrow('More than 2 values')
  })

  test('a bigint: at 1024 bytes and one past it', () => {
    expect(scan(recipe('c8040003', 1, '7f'.repeat(1024)))).toBe(1028)
    expect(() => scan(recipe('c8040103', 1, '7f'.repeat(1025)))).toThrow('more than 1024 bytes')
  })
})

describe('offsets', () => {
  test('a value is read from where it starts to where it ends, whatever stands around it', () => {
    const bytes = Uint8Array.of(0xc1, 0x92, 0x01, 0xa1, 0x61, 0xc1)
    expect(new Scanner(DEFAULT_LIMITS).scan(bytes, 1, 6)).toBe(5)
  })

  test('nothing behind the end is read', () => {
    const bytes = Uint8Array.of(0x92, 0x01, 0x02)
    expect(() => new Scanner(DEFAULT_LIMITS).scan(bytes, 0, 2)).toThrow('More is declared')
  })

  test('an extension does not reach into what follows it, even where it is the last value', () => {
    // A Set of one byte of contents, which declares one member: the member would be the byte behind.
    expect(() => scan(Uint8Array.of(0x92, 0xd4, 0x05, 0x91, 0x01))).toThrow('More is declared')
    // A Set whose array ends before its contents do.
    expect(() => scan(Uint8Array.of(0xd5, 0x05, 0x90, 0xc0))).toThrow('bytes behind its value')
    expect(() => scan(Uint8Array.of(0x92, 0xd5, 0x05, 0x90, 0xc0, 0xc0))).toThrow('bytes behind its value')
  })

  test('after an inner extension the outer one still counts what it owes', () => {
    expect(scan(Uint8Array.of(0x93, 0xd4, 0x05, 0x90, 0x01, 0x02))).toBe(6)
    expect(() => scan(Uint8Array.of(0x93, 0xd4, 0x05, 0x90, 0x01))).toThrow('More is declared')
    expect(scan(Uint8Array.of(0xc7, 0x05, 0x05, 0x92, 0xd4, 0x05, 0x90, 0x01))).toBe(8)
  })
})
