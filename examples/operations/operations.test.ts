/** The example at work, on each runtime: its log, its metrics, its probes, its traces, and its end. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createClient } from '@tautline/client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { executable, type Runtime, runtimeEnv, runtimes, sourceArguments } from '../../scripts/runtimes.ts'
import { api } from './api.ts'

type Line = Readonly<Record<string, unknown>>

const NOTICE_MS = 600

async function startService(runtime: Runtime) {
  const script = fileURLToPath(new URL('server.ts', import.meta.url))
  const child = spawn(executable(runtime), sourceArguments(runtime, script), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...runtimeEnv,
      PORT: '0',
      OPERATIONS_PORT: '0',
      NOTICE_MS: String(NOTICE_MS),
      DRAIN_MS: '10000',
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: Line[] = []
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const listening = await new Promise<Line>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      // What is no JSON fails the test: whatever reads the log could not read it either.
      const line = JSON.parse(text) as Line
      lines.push(line)
      if (line['event'] === 'listening') resolve(line)
    })
    void exited.then((code) => reject(new Error(`The service ended with ${String(code)} before it listened`)))
  })
  const operations = `http://127.0.0.1:${String(listening['operationsPort'])}`
  return {
    url: String(listening['url']),
    lines,
    exited,
    terminate: () => void child.kill('SIGTERM'),
    ask: (path: string) => fetch(operations + path),
    eventsOf: (event: string) => lines.filter((line) => line['event'] === event),
  }
}

describe.each(runtimes)('the service on %s', (runtime) => {
  test('tells of itself in logs, metrics, probes and traces, and ends in good order', async () => {
    const service = await startService(runtime)
    const client = createClient(api, { url: service.url })
    onTestFinished(() => client.$.close())
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`
    const { freeBytes } = await client.load.now(undefined, { meta: { traceparent } })
    expect(freeBytes).toBeGreaterThan(0)
    const stream = client.load.watch({ everyMs: 100 })
    expect((await stream.next()).value?.load).toBeGreaterThanOrEqual(0)

    const scrape = await service.ask('/metrics')
    expect(scrape.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    const metrics = await scrape.text()
    expect(metrics).toContain('tautline_calls_total{side="arrived",procedure="load.now",kind="query",code="OK"} 1\n')
    expect(metrics).toContain('tautline_connections 1\n')
    expect(metrics).toContain('tautline_calls_running 1\n')
    expect([(await service.ask('/healthz')).status, (await service.ask('/readyz')).status]).toEqual([200, 200])
    expect((await service.ask('/')).status).toBe(404)

    service.terminate()
    await expect.poll(async () => (await service.ask('/readyz')).status).toBe(503)
    // Not gone yet: whoever comes before it is noticed is served.
    await client.load.now()
    expect((await stream.next()).done).toBe(false)
    await client.$.close()
    expect(await service.exited).toBe(0)

    expect(service.eventsOf('drained')).toMatchObject([{ level: 30, signal: 'SIGTERM' }])
    const spans = service.eventsOf('span').filter((line) => line['traceId'] === traceId)
    expect(spans.map((line) => line['span'])).toEqual(['read', 'load.now'])
    expect(spans[0]?.['parentSpanId']).toBe(spans[1]?.['spanId'])
    expect(spans[1]).toMatchObject({ parentSpanId: 'b7ad6b7169203331', 'rpc.response.status_code': 'OK' })
    expect(service.lines.filter((line) => Number(line['level']) > 30)).toEqual([])
  })
})

describe('what starts and stops the service', () => {
  const read = (name: string): string => readFileSync(new URL(`deploy/${name}`, import.meta.url), 'utf8')
  const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1])

  test('grants it the time that it takes', () => {
    const kubernetes = read('kubernetes.yaml')
    const graceMs = numberIn(kubernetes, /terminationGracePeriodSeconds: (\d+)/) * 1000
    const noticeMs = numberIn(kubernetes, /NOTICE_MS\n\s+value: "(\d+)"/)
    expect(graceMs).toBeGreaterThan(noticeMs + numberIn(kubernetes, /DRAIN_MS\n\s+value: "(\d+)"/))
    const noticedMs =
      numberIn(kubernetes, /periodSeconds: (\d+)/) * numberIn(kubernetes, /failureThreshold: (\d+)/) * 1000
    expect(noticeMs).toBeGreaterThan(noticedMs)

    const unit = read('tautline-operations.service')
    const stopMs = numberIn(unit, /TimeoutStopSec=(\d+)/) * 1000
    expect(stopMs).toBeGreaterThan(numberIn(unit, /NOTICE_MS=(\d+)/) + numberIn(unit, /DRAIN_MS=(\d+)/))
  })

  test('asks where the service answers', () => {
    const server = readFileSync(new URL('server.ts', import.meta.url), 'utf8')
    const port = String(numberIn(server, /OPERATIONS_PORT'\] \?\? (\d+)/))
    expect(read('kubernetes.yaml')).toContain(`containerPort: ${port}`)
    expect(read('Dockerfile')).toContain(`EXPOSE ${numberIn(server, /\['PORT'\] \?\? (\d+)/)} ${port}`)
    expect(read('prometheus.yml')).toContain(`127.0.0.1:${port}`)
  })
})
