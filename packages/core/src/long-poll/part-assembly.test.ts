import { describe, expect, test } from 'vitest'
import { PartAssembly } from './part-assembly.ts'
import type { Part } from './poll-body.ts'

const piece = (text: string, last = true): Part => ({ type: 'piece', bytes: new TextEncoder().encode(text), last })
const close: Part = { type: 'close', code: 4000, reason: 'why' }

function assembly(maxMessageBytes = 100) {
  const heard: string[] = []
  const parts = new PartAssembly(maxMessageBytes, {
    onMessage: (message) => void heard.push(new TextDecoder().decode(message)),
    onClose: (code, reason) => void heard.push(`close ${code} ${reason}`),
  })
  return { parts, heard }
}

describe('an assembly of parts', () => {
  test('takes each part once, in order', () => {
    const { parts, heard } = assembly()
    expect(parts.accept({ seq: 1, parts: [piece('a'), piece('b')] })).toBe(true)
    expect(parts.accept({ seq: 1, parts: [piece('a')] })).toBe(true)
    expect(parts.accept({ seq: 2, parts: [piece('b'), piece('c')] })).toBe(true)
    expect(parts.accept({ seq: 0, parts: [] })).toBe(true)
    expect(heard).toEqual(['a', 'b', 'c'])
    expect(parts.taken).toBe(3)
  })

  test('takes nothing behind a gap', () => {
    const { parts, heard } = assembly()
    expect(parts.accept({ seq: 2, parts: [piece('b')] })).toBe(false)
    expect([heard, parts.taken]).toEqual([[], 0])
  })

  test('joins pieces, over several batches', () => {
    const { parts, heard } = assembly()
    parts.accept({ seq: 1, parts: [piece('one ', false)] })
    parts.accept({ seq: 1, parts: [piece('one ', false), piece('two ', false)] })
    parts.accept({ seq: 3, parts: [piece('three'), piece('four')] })
    expect(heard).toEqual(['one two three', 'four'])
  })

  test('refuses a message past the limit, in one piece or several, and takes nothing more', () => {
    const { parts, heard } = assembly(4)
    parts.accept({ seq: 1, parts: [piece('1234'), piece('12', false), piece('34')] })
    expect(heard).toEqual(['1234', '1234'])
    expect(() => parts.accept({ seq: 4, parts: [piece('12345')] })).toThrow('messages of at most 4 bytes')
    parts.accept({ seq: 5, parts: [piece('x')] })
    expect(heard).toHaveLength(2)
    const other = assembly(4)
    expect(() => other.parts.accept({ seq: 1, parts: [piece('12', false), piece('345', false)] })).toThrow(
      'messages of at most 4 bytes',
    )
  })

  test('hears nothing after a close', () => {
    const { parts, heard } = assembly()
    parts.accept({ seq: 1, parts: [piece('a'), close, piece('b')] })
    expect(heard).toEqual(['a', 'close 4000 why'])
    expect(parts.taken).toBe(2)
  })
})
