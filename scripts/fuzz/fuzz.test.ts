/** Some seconds of what `npm run fuzz` does for hours: all inputs that are kept, and what can be made of them. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createRandom } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { formatInput, parseInputs } from './corpus.ts'
import { instrument } from './instrument.ts'
import { parseTrees, writeTrees } from './message-pack-tree.ts'
import { Mutation } from './mutation.ts'

const seed = Number(process.env['TAUTLINE_FUZZ_SEED'] ?? Date.now() % 2 ** 31)

/** Runs by target: what takes microseconds, and what takes a whole server or client each time. */
const RUNS = { decoder: 20_000, packed: 10_000, session: 3000, dispatch: 1200, client: 500, 'long-poll': 800 } as const

test.each(Object.entries(RUNS))(
  `finds nothing in %s within %i runs (seed ${seed})`,
  { timeout: 120_000 },
  async (target, runs) => {
    const args = ['--expose-gc', '--conditions=@tautline/source', join(import.meta.dirname, '../fuzz.ts')]
    const options = ['--target', target, '--runs', String(runs), '--seed', String(seed)]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, ...options]).catch(
      (failed: { stdout: string; stderr: string }) => failed,
    )
    expect(stdout + stderr).toContain(`${target}: seed ${seed}`)
    expect(stdout + stderr).not.toContain('FOUND')
  },
)

test('an input in a file is what it was', () => {
  const input = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(255)]
  expect(parseInputs(`${formatInput(input)}\n`)).toEqual([input])
})

test('counters tell which branches ran, and change nothing else', () => {
  const code = 'globalThis.told = [1, 2].map((n) => n > 1 ? "two" : n && "one"); if (told.length > 2) throw told'
  const counters = new Uint8Array(8)
  const { code: counting, next } = instrument(code, 0)
  expect(next).toBe(6)
  const globals = globalThis as { told?: unknown }
  // Our own text, made a line above.
  // oxlint-disable-next-line no-implied-eval
  new Function('counters', counting.replace(/^const .*$/m, 'const $counters = counters'))(counters)
  expect(globals.told).toEqual(['one', 'two'])
  delete globals.told
  expect(Array.from(counters.subarray(0, next)).toSorted((a, b) => a - b)).toEqual([0, 1, 1, 1, 1, 2])
})

test('MessagePack that is taken apart and put together is what it was, broken or not', () => {
  for (const hex of [
    '93010101919401',
    '82a16101a162c0',
    'c7040492a16101',
    'dd00989680',
    'c1',
    'd9',
    'dc0002c0c0',
    'a5',
  ]) {
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
    expect(parseTrees(writeTrees(new Uint8Array(), parseTrees(bytes, 0)), 0)).toEqual(parseTrees(bytes, 0))
  }
})

test('the same seed makes the same inputs of the same', () => {
  const made = (): readonly string[] => {
    const mutation = new Mutation(createRandom(7), { maxSteps: 4, headBytes: 1, longestBytes: 1000 })
    const input = [Uint8Array.of(0, 0x92, 1, 2), Uint8Array.of(1, 0xa1, 0x61)]
    return Array.from({ length: 200 }, () => formatInput(mutation.mutate(input, input)))
  }
  expect(made()).toEqual(made())
  expect(new Set(made()).size).toBeGreaterThan(100)
})
