import { describe, expect, test } from 'vitest'
import { CloseCode } from '../protocol/close-codes.ts'
import { ProtocolViolation } from '../protocol/violation.ts'
import { createPlatformCompressor } from './platform-compressor.ts'
import type { Compressor } from './ports.ts'
import { createStreamCompressor } from './stream-compressor.ts'
import { createZlibCompressor } from './zlib-compressor.ts'

const zlib = createZlibCompressor()
const MiB = 1024 * 1024

const compressors: readonly (readonly [string, Compressor])[] = [
  ...(zlib === undefined ? [] : [['node:zlib', zlib] as const]),
  ['compression streams', createStreamCompressor()],
]

const rows = new TextEncoder().encode(
  Array.from({ length: 500 }, (_, row) => `row ${row} of a table with repeating words`).join('\n'),
)

async function failureOf(inflate: () => Uint8Array | Promise<Uint8Array>): Promise<unknown> {
  try {
    await inflate()
  } catch (error) {
    return error
  }
  return undefined
}

describe.each(compressors)('%s', (_name, compressor) => {
  test('gives back what it deflated, and makes it smaller', async () => {
    const deflated = await compressor.deflate(rows)
    expect(deflated.byteLength).toBeLessThan(rows.byteLength / 2)
    expect(await compressor.inflate(deflated, rows.byteLength)).toEqual(rows)
  })

  test.each(compressors)('is understood by %s', async (_other, other) => {
    expect(await other.inflate(await compressor.deflate(rows), MiB)).toEqual(rows)
  })

  test('hands out plain bytes: a Buffer would share memory in `slice`', async () => {
    const deflated = await compressor.deflate(rows)
    expect(deflated.constructor).toBe(Uint8Array)
    expect((await compressor.inflate(deflated, MiB)).constructor).toBe(Uint8Array)
  })

  test('leaves the body it was given as it was', async () => {
    const body = rows.slice()
    const deflated = await compressor.deflate(body)
    const copy = deflated.slice()
    await compressor.inflate(deflated, MiB)
    expect(body).toEqual(rows)
    expect(deflated).toEqual(copy)
  })

  test.each([1, 249, 250, 251, 761, 762, 763, 32_505, 32_506, 32_507, 100_000])(
    'gives back %i bytes, whether they compress or not',
    async (length) => {
      const text = Uint8Array.from({ length }, (_, index) => rows[index % rows.length] ?? 0)
      let state = 1
      const noise = Uint8Array.from({ length }, () => {
        state = (state * 48_271) % 2_147_483_647
        return state
      })
      for (const body of [text, noise]) {
        expect(await compressor.inflate(await compressor.deflate(body), length)).toEqual(body)
      }
    },
  )

  test('works on a view into larger memory', async () => {
    const around = new Uint8Array(rows.byteLength + 200).fill(255)
    around.set(rows, 100)
    const deflated = await compressor.deflate(around.subarray(100, 100 + rows.byteLength))
    expect(await compressor.inflate(deflated, MiB)).toEqual(rows)
  })

  test('inflates to the limit and refuses one byte more with 4413', async () => {
    const deflated = await compressor.deflate(new Uint8Array(100_000))
    expect(await compressor.inflate(deflated, 100_000)).toHaveLength(100_000)
    const failure = await failureOf(() => compressor.inflate(deflated, 99_999))
    expect(failure).toBeInstanceOf(ProtocolViolation)
    expect(failure).toMatchObject({ closeCode: 4413 })
  })

  test('stops a bomb of 64 MiB long before its end', async () => {
    const bomb = await compressor.deflate(new Uint8Array(64 * MiB))
    expect(bomb.byteLength).toBeLessThan(MiB)
    expect(await failureOf(() => compressor.inflate(bomb, MiB))).toMatchObject({ closeCode: 4413 })
  })

  test.each([
    ['garbage', Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)],
    ['a reserved block type', Uint8Array.of(0x07)],
  ])('refuses %s with 4422', async (_what, body) => {
    expect(await failureOf(() => compressor.inflate(body, MiB))).toMatchObject({ closeCode: 4422 })
  })

  test('refuses bytes behind the end of a body with 4422', async () => {
    const deflated = await compressor.deflate(rows)
    const longer = new Uint8Array(deflated.byteLength + 1)
    longer.set(deflated)
    expect(await failureOf(() => compressor.inflate(longer, MiB))).toMatchObject({ closeCode: 4422 })
  })

  // Deno's streams end quietly where the others fail; the scan of the body then refuses what is missing.
  test('never passes off a body that was cut off as whole', async () => {
    const deflated = await compressor.deflate(rows)
    for (const keptBytes of [0, 1, deflated.byteLength - 10]) {
      const cut = deflated.subarray(0, keptBytes)
      expect(await failureOf(async () => expectWhole(await compressor.inflate(cut, MiB)))).toMatchObject({
        closeCode: 4422,
      })
    }
  })
})

/** Stands for the scan: fails as it does where something is missing. */
function expectWhole(inflated: Uint8Array): Uint8Array {
  if (inflated.byteLength < rows.byteLength) throw new ProtocolViolation(CloseCode.Malformed, 'short')
  return inflated
}

test('takes node:zlib where it exists', () => {
  const compressor = createPlatformCompressor()
  expect(compressor?.algorithm).toBe('deflate-raw')
  expect(compressor?.deflate(rows) instanceof Promise).toBe(zlib === undefined)
})

test('deflates at the level it is given, which only node:zlib can', async () => {
  const stored = await createZlibCompressor({ level: 0 })?.deflate(rows)
  const isLarger = stored === undefined ? undefined : stored.byteLength > rows.byteLength
  expect(isLarger).toBe(zlib === undefined ? undefined : true)
})
