/** Some seconds of what `npm run fuzz` does for hours: all inputs that are kept, and what can be made of them. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createRandom } from '@tautline/core/testing'
import { expect, test } from 'vitest'
import { formatInput, parseInputs } from './corpus.ts'
import { fuzz } from './fuzz-run.ts'
import { instrument } from './instrument.ts'
import type { LoadedTarget } from './load-target.ts'
import { parseTrees, writeTrees } from './message-pack-tree.ts'
import { Mutation } from './mutation.ts'

const seed = Number(process.env['TAUTLINE_FUZZ_SEED'] ?? Date.now() % 2 ** 31)

/** Runs by target: what takes microseconds, and what takes a whole server or client each time. */
const RUNS = {
  frames: 4000,
  decoder: 8000,
  packed: 4000,
  session: 3000,
  dispatch: 1200,
  client: 500,
  'long-poll': 800,
} as const

test.each(Object.entries(RUNS))(
  `finds nothing in %s within %i runs (seed ${seed})`,
  { timeout: 300_000 },
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

/** A target that counts by hand what its inputs reach. */
function loadedWith(run: (bytes: Uint8Array, counters: Uint8Array) => void): LoadedTarget {
  const counters = new Uint8Array(8)
  const seeds = [[Uint8Array.of(0x90)]]
  const target = { seeds, maxSteps: 1, headBytes: 0, longestBytes: 64 }
  return { counters, target: { ...target, run: ([bytes = new Uint8Array()]) => run(bytes, counters) } }
}

const options = { seed: 1, runs: 60_000, corpus: [], minimises: true, onProgress() {} }

test('is guided to what only three right bytes in a row reach, and tells the input that fails', async () => {
  const loaded = loadedWith((bytes, counters) => {
    if (bytes[0] !== 0xc7) return
    counters[0] = 1
    if (bytes[1] !== 0x41) return
    counters[1] = 1
    if (bytes[2] === 0xde) throw new TypeError('found')
  })
  const { finding, runs } = await fuzz(loaded, options)
  expect(finding).toMatchObject({ why: 'threw', message: expect.stringContaining('found') })
  expect(Array.from(finding?.input?.[0]?.subarray(0, 3) ?? [])).toEqual([0xc7, 0x41, 0xde])
  expect(runs).toBeLessThan(options.runs)
})

test('keeps the shortest inputs that reach all that was reached', async () => {
  const loaded = loadedWith((bytes, counters) => {
    counters[0] = 1
    if (bytes.byteLength > 2) counters[1] = 1
    if (bytes.byteLength > 4) counters[2] = 1
  })
  const { finding, kept, branches } = await fuzz(loaded, { ...options, runs: 3000 })
  expect([finding, branches]).toEqual([undefined, 3])
  expect(kept.length).toBeLessThanOrEqual(3)
  expect(kept.some(([bytes]) => (bytes?.byteLength ?? 0) > 4)).toBe(true)
})

test('tells an input that takes too long each time, and not one that did once', async () => {
  const busy = (ms: number): void => {
    const end = performance.now() + ms
    while (performance.now() < end);
  }
  let wasSlow = false
  const once = loadedWith(() => {
    if (!wasSlow) busy(100)
    wasSlow = true
  })
  expect((await fuzz(once, { ...options, runs: 100, slowMs: 50 })).finding).toBe(undefined)
  const always = loadedWith(() => busy(100))
  expect((await fuzz(always, { ...options, runs: 100, slowMs: 1 })).finding?.why).toBe('slow')
})

test('an input that never ends is told of, and ends the process', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tautline-hang-'))
  const file = join(folder, 'input')
  const script = join(folder, 'hangs.mjs')
  const code = `
    const { startHangWatch } = await import(${JSON.stringify(new URL('hang-watch.ts', import.meta.url).href)})
    const watch = startHangWatch(${JSON.stringify(file)}, 300)
    watch.begin([Uint8Array.of(1, 2), new Uint8Array()])
    await watch.watching
    for (;;);`
  writeFileSync(script, code)
  const args = ['--conditions=@tautline/source', script]
  const ended = await promisify(execFile)(process.execPath, args, { timeout: 60_000 }).catch(
    (failed: { signal: string }) => failed,
  )
  expect(ended).toMatchObject({ signal: 'SIGKILL', stderr: expect.stringContaining('FOUND (hangs)') })
  expect(parseInputs(readFileSync(file, 'utf8'))).toEqual([[Uint8Array.of(1, 2), new Uint8Array()]])
  rmSync(folder, { recursive: true })
})

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
