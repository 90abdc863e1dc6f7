import { expect, test } from 'vitest'
import { HeaderPairs, withHeader } from './header-list.ts'

const PAIRS = [
  ['Host', 'app.example'],
  ['accept', 'x'],
  ['Accept', 'y'],
  ['__proto__', 'z'],
] as const

test('reads as `Headers` do', () => {
  const pairs = new HeaderPairs(PAIRS)
  const headers = new Headers(PAIRS.map(([name, value]) => [name, value]))
  for (const name of ['host', 'HOST', 'Accept', '__proto__', 'origin', 'constructor', 'toString']) {
    expect(pairs.get(name)).toBe(headers.get(name))
  }
  expect(new Map(pairs)).toEqual(new Map(headers))
})

test('one header takes the place of another, or comes to the others', () => {
  const pairs = new HeaderPairs(PAIRS)
  expect(withHeader(pairs, 'host', 'other.example').get('host')).toBe('other.example')
  expect([...withHeader(new HeaderPairs([['a', '1']]), 'host', 'app.example')]).toEqual([
    ['a', '1'],
    ['host', 'app.example'],
  ])
  expect(pairs.get('host')).toBe('app.example')
})
