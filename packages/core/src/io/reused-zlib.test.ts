import * as platform from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolViolation } from '../protocol/violation.ts'
import type { Compressor } from './ports.ts'
import type { Zlib, ZlibStream } from './zlib.ts'
import { zlibCompressor } from './zlib-compressor.ts'

const zlib = platform as unknown as Zlib
const body = new TextEncoder().encode('what is said again and again is said again and again in less. '.repeat(20))

/** What comes of it, or the code of the refusal. */
function outcomeOf(compressor: Compressor, bytes: Uint8Array, maxBytes: number): unknown {
  try {
    return compressor.inflate(bytes, maxBytes)
  } catch (error) {
    if (error instanceof ProtocolViolation) return error.closeCode
    throw error
  }
}

/** What was asked of `node:zlib`, by name. */
function watched(broken: (stream: ZlibStream) => ZlibStream = (stream) => stream) {
  const asked = { createDeflateRaw: 0, createInflateRaw: 0, deflateRawSync: 0, inflateRawSync: 0 }
  const spied = {
    createDeflateRaw(options: Parameters<Zlib['createDeflateRaw']>[0]) {
      asked.createDeflateRaw += 1
      return broken(zlib.createDeflateRaw(options))
    },
    createInflateRaw() {
      asked.createInflateRaw += 1
      return broken(zlib.createInflateRaw())
    },
    deflateRawSync(...args: Parameters<Zlib['deflateRawSync']>) {
      asked.deflateRawSync += 1
      return zlib.deflateRawSync(...args)
    },
    inflateRawSync(...args: [never, never]) {
      asked.inflateRawSync += 1
      return zlib.inflateRawSync(...args)
    },
  } as Zlib
  return { asked, spied }
}

describe('streams of node:zlib', () => {
  test('are made once for bodies of a size, however many there are', () => {
    const { asked, spied } = watched()
    const compressor = zlibCompressor(spied, 1)
    const before = { ...asked }
    for (let times = 0; times < 100; times += 1) {
      for (const length of [200, 700, 1_200]) {
        const deflated = compressor.deflate(body.subarray(0, length)) as Uint8Array
        expect(compressor.inflate(deflated, length)).toEqual(body.subarray(0, length))
      }
    }
    expect(asked).toEqual({ ...before, createDeflateRaw: before.createDeflateRaw + 2 })
  })

  test('deflate as the functions of node:zlib do, byte for byte', () => {
    const reusing = zlibCompressor(zlib, 1)
    const plain = zlibCompressor(watched(() => ({})).spied, 1)
    for (let length = 1; length <= body.byteLength; length += 37) {
      expect(reusing.deflate(body.subarray(0, length))).toEqual(plain.deflate(body.subarray(0, length)))
    }
  })

  test.each([64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 128 * 1024])('give back %i bytes', (length) => {
    const compressor = zlibCompressor(zlib, 1)
    const large = Uint8Array.from({ length }, (_, index) => (index * index) >> 7)
    const deflated = compressor.deflate(large) as Uint8Array
    expect(compressor.inflate(deflated, length)).toEqual(large)
    expect(() => compressor.inflate(deflated, length - 1)).toThrow(`at most ${length - 1} bytes`)
  })

  test('inflate what peers make up as the functions of node:zlib do, and refuse the same', () => {
    const reusing = zlibCompressor(zlib, 1)
    const plain = zlibCompressor(watched(() => ({})).spied, 1)
    const deflated = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => plain.deflate(bytes) as Uint8Array)
    const spoilt = fc
      .tuple(deflated, fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('changed', 'cut', 'longer'))
      .map(([bytes, at, byte, how]) => {
        const where = at % bytes.byteLength
        if (how === 'cut') return bytes.slice(0, where)
        if (how === 'changed') return bytes.map((was, index) => (index === where ? byte : was))
        return Uint8Array.of(...bytes, byte)
      })
    fc.assert(
      fc.property(
        fc.oneof(deflated, spoilt, fc.uint8Array()),
        fc.integer({ min: 1, max: 2_000 }),
        (bytes, maxBytes) => {
          expect(outcomeOf(reusing, bytes, maxBytes)).toEqual(outcomeOf(plain, bytes, maxBytes))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  type Handle = NonNullable<ZlibStream['_handle']>
  test.each<[string, (stream: ZlibStream) => ZlibStream]>([
    ['are not there', () => ({})],
    ['do not tell what is left', ({ _handle }) => ({ _handle: _handle! })],
    ['tell of what is left elsewhere', ({ _handle }) => ({ _handle: _handle!, _writeState: new Uint32Array(2) })],
    ['do not begin anew', (stream) => withHandle(stream, () => ({ reset() {} }))],
    ['cannot begin anew', (stream) => withHandle(stream, () => ({ reset: undefined as never }))],
    ['write nothing', (stream) => withHandle(stream, () => ({ writeSync() {} }))],
    [
      'keep their failures',
      (stream) =>
        withHandle(stream, () => ({
          set onerror(_: Handle['onerror']) {},
        })),
    ],
  ])('are done without where they %s', (_what, broken) => {
    const { asked, spied } = watched(broken)
    const compressor = zlibCompressor(spied, 1)
    const before = { ...asked }
    const deflated = compressor.deflate(body) as Uint8Array
    expect(compressor.inflate(deflated, body.byteLength)).toEqual(body)
    expect(() => compressor.inflate(deflated, body.byteLength - 1)).toThrow('at most')
    expect(() => compressor.inflate(deflated.subarray(1), body.byteLength)).toThrow('Expected a deflate-raw body')
    expect(asked).toEqual({
      ...before,
      deflateRawSync: before.deflateRawSync + 1,
      inflateRawSync: before.inflateRawSync + 3,
    })
  })

  /** The stream with some of what its handle does replaced. */
  function withHandle(stream: ZlibStream, replaced: () => Partial<Handle>): ZlibStream {
    const { _handle, _writeState } = stream
    const handle = _handle!
    const own: Handle = {
      set onerror(onError: Handle['onerror']) {
        Object.assign(handle, { onerror: onError })
      },
      reset: () => handle.reset(),
      writeSync: (...args) => handle.writeSync(...args),
    }
    Object.defineProperties(own, Object.getOwnPropertyDescriptors(replaced()))
    return { _handle: own, _writeState, on: (...args) => stream.on?.(...args) }
  }
})
