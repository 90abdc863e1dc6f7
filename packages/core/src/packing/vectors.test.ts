import { describe, expect, test } from 'vitest'
import vectors from '../../vectors/packed.json' with { type: 'json' }
import { DEFAULT_LIMITS } from '../protocol/limits.ts'
import { Scanner } from '../protocol/scan.ts'
import { fromHex, reviveValue, toHex } from '../protocol/vector-notation.fixture.ts'
import { createPackingCodec } from './packing-codec.ts'
import { markPlain, plainPart } from './plain-mark.ts'
import { type PackedVector, reviveSchema } from './schema-notation.fixture.ts'

describe('packed values of the golden vectors', () => {
  const codec = createPackingCodec()

  test.each(vectors as readonly PackedVector[])('$name: bytes to value', ({ schema, hex, value }) => {
    const payload = fromHex(hex)
    expect(new Scanner(DEFAULT_LIMITS).scan(payload, 0, payload.byteLength)).toBe(payload.byteLength)
    const plain = plainPart(payload)
    const read = plain === undefined ? codec.packerOf(reviveSchema(schema))?.unpack(payload) : codec.decode(plain)
    expect(read).toStrictEqual(reviveValue(value))
  })

  test.each((vectors as readonly PackedVector[]).filter(({ decodeOnly }) => decodeOnly === undefined))(
    '$name: value to bytes',
    ({ schema, hex, value }) => {
      const payload = codec.packerOf(reviveSchema(schema))?.pack(reviveValue(value))
      expect(payload && toHex(payload)).toBe(hex)
    },
  )

  test('hold no packed value that looks like a plain one', () => {
    for (const { hex, decodeOnly } of vectors as readonly PackedVector[]) {
      expect(plainPart(fromHex(hex)) === undefined).toBe(decodeOnly !== 'it has a packed form')
    }
    expect(toHex(markPlain(codec.encode({})))).toBe('81a080')
  })
})
