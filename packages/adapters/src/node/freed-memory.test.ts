import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { executable, sourceArguments } from '../../../../scripts/runtimes.ts'
import { createFreedMemory, LARGE_BYTES } from './freed-memory.ts'

const MIB = 1024 * 1024

test('a block is allocated and freed for the first large message, and never again', () => {
  const blocks: ArrayBuffer[] = []
  const noteMessage = createFreedMemory((bytes) => {
    const block = new ArrayBuffer(bytes)
    blocks.push(block)
    return block
  })
  noteMessage(0)
  noteMessage(LARGE_BYTES - 1)
  expect(blocks).toEqual([])
  noteMessage(LARGE_BYTES)
  noteMessage(64 * MIB)
  expect(blocks).toHaveLength(1)
  // What is left of it is nothing, where the runtime has a way to say so.
  expect(blocks[0]?.byteLength).toBe('transfer' in ArrayBuffer.prototype ? 0 : 31 * MIB)
})

test('where there is no room for a block, messages go on', () => {
  let asked = 0
  const noteMessage = createFreedMemory(() => {
    asked += 1
    throw new RangeError('Array buffer allocation failed')
  })
  noteMessage(LARGE_BYTES)
  noteMessage(LARGE_BYTES)
  expect(asked).toBe(1)
})

test.each(['in', 'out'])(
  'a large message on its way %s a socket has the process do so, a small one does not',
  async (way) => {
    const script = fileURLToPath(new URL('freed-memory.fixture.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(executable('node'), [...sourceArguments('node', script), way])
    expect(JSON.parse(stdout)).toEqual([[], [31 * MIB]])
  },
)
