import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@tautline/client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { executable, type Runtime, runtimeEnv, runtimes, sourceArguments } from '../../../scripts/runtimes.ts'
import { drainOnSignals } from './drain-on-signals.ts'
import { api } from './drain-program.fixture.ts'

/** A real process, which is sent real signals. */
async function startProgram(runtime: Runtime, { noticeMs, drainMs }: { noticeMs: number; drainMs: number }) {
  const script = fileURLToPath(new URL('drain-program.fixture.ts', import.meta.url))
  const args = [...sourceArguments(runtime, script), runtime, String(noticeMs), String(drainMs)]
  const child = spawn(executable(runtime), args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...runtimeEnv },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  const ended = new Promise<{ readonly code: number | null; readonly lines: readonly string[] }>((resolve) => {
    child.once('close', (code) => resolve({ code, lines }))
  })
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('READY ')) resolve(line.slice('READY '.length))
      else lines.push(line)
    })
    void ended.then(() => reject(new Error('The program ended before it was ready')))
  })
  const http = url.replace('ws:', 'http:')
  return {
    url,
    ended,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    async statusOf(path: string): Promise<number> {
      return (await fetch(new URL(path, http))).status
    },
  }
}

function connect(url: string): Client<typeof api> {
  const client = createClient(api, { url, transports: ['websocket'], reconnect: { maxAttempts: 1 } })
  onTestFinished(() => client.$.close())
  return client
}

describe.each(runtimes)('on %s', (runtime) => {
  test('a server is unready first, takes connections still, and ends when what is under way is answered', async () => {
    const program = await startProgram(runtime, { noticeMs: 2000, drainMs: 30_000 })
    const client = connect(program.url)
    await client.$.connected()
    expect([await program.statusOf('/readyz'), await program.statusOf('/healthz')]).toEqual([200, 200])
    const work = client.work(3000)
    program.signal('SIGTERM')
    await expect.poll(() => program.statusOf('/readyz')).toBe(503)
    expect(await program.statusOf('/healthz')).toBe(200)
    const late = connect(program.url)
    expect(await late.work(0)).toBe('done')
    await late.$.close()
    expect(await work).toBe('done')
    await client.$.close()
    expect(await program.ended).toEqual({ code: 0, lines: ['DRAINED SIGTERM'] })
  })

  test('a server ends at its deadline, whatever still runs', async () => {
    const program = await startProgram(runtime, { noticeMs: 0, drainMs: 300 })
    const client = connect(program.url)
    await client.$.connected()
    const hanging = client.hangs().result()
    expect(await client.work(0)).toBe('done')
    program.signal('SIGINT')
    expect(await program.ended).toEqual({ code: 0, lines: ['DRAINED SIGINT'] })
    expect(await hanging).toMatchObject({ ok: false })
  })

  test('the second signal ends the process at once', async () => {
    const program = await startProgram(runtime, { noticeMs: 600_000, drainMs: 600_000 })
    const client = connect(program.url)
    await client.$.connected()
    void client.hangs().result()
    expect(await client.work(0)).toBe('done')
    program.signal('SIGTERM')
    // It has taken the first one.
    await expect.poll(() => program.statusOf('/readyz')).toBe(503)
    program.signal('SIGTERM')
    expect(await program.ended).toEqual({ code: 143, lines: [] })
  })
})

test('cancelled, it leaves signals to others', () => {
  const before = process.listenerCount('SIGTERM')
  const draining = drainOnSignals({ leave() {} }, { close: async () => {} })
  expect(process.listenerCount('SIGTERM')).toBe(before + 1)
  draining.cancel()
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
