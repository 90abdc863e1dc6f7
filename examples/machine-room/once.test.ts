// The command itself, as a stranger types it: each runtime is driven, and what cannot be done is said in a line.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runtimes } from '../../scripts/runtimes.ts'

const script = fileURLToPath(new URL('start.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=@tautline/source', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Node 22 warns that it runs TypeScript.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => (stdout += String(text)))
  child.stderr.on('data', (text) => (stderr += String(text)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, stdout, stderr })
    })
  })
}

describe('--once', () => {
  test.each(runtimes)('drives every kind of call on %s and ends well', { timeout: 60_000 }, async (runtime) => {
    const { code, stdout, stderr } = await start('--once', '--runtime', runtime)
    expect(stderr).toBe('')
    expect(stdout).toContain(`Machine room on ${runtime}, ws://127.0.0.1:`)
    for (const kind of ['query', 'subscription', 'mutation', 'errors', 'event', 'duplex', 'the line'])
      expect(stdout).toMatch(new RegExp(`^  ✓ ${kind} `, 'm'))
    expect(stdout).toMatch(/\n\d+ right, 0 wrong; /)
    expect(code).toBe(0)
  })
})

describe('arguments', () => {
  test.each([
    [['--runtime', 'perl'], 'Expected --runtime to be node, bun or deno, got "perl"'],
    [['--port', '65536'], 'Expected --port to be an integer from 0 to 65535, got "65536"'],
    [['--port', '80x'], 'Expected --port to be an integer from 0 to 65535, got "80x"'],
    [['--port', ''], 'Expected --port to be an integer from 0 to 65535, got ""'],
    [['--twice'], "Unknown option '--twice'"],
    [['twice'], "Unexpected argument 'twice'"],
  ])('%j are refused with the reason and the usage', async (args, reason) => {
    const { code, stdout, stderr } = await start(...args)
    expect(stderr).toContain(reason)
    expect(stderr).toContain('npm start -- --once')
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  test('--help prints the usage', async () => {
    const { code, stdout, stderr } = await start('--help')
    expect(stdout).toContain('npm start -- --runtime deno')
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })
})

describe('a port that is in use', () => {
  const occupant = createServer()
  beforeAll(() => new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => occupant.close(resolve)))

  test.each(runtimes)('is said in a line by %s', async (runtime) => {
    // What listens on TCP has an address of this kind.
    const { port } = occupant.address() as AddressInfo
    const { code, stdout, stderr } = await start('--runtime', runtime, '--port', String(port))
    expect(stderr).toBe(
      `Cannot listen on 127.0.0.1:${String(port)}: the port is in use; --port 0 takes any free one\n` +
        `The ${runtime} server ended with 1 before it listened\n`,
    )
    expect(stdout).toBe('')
    expect(code).toBe(1)
  })
})
