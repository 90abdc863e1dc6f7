import { createClient } from '@tautline/client'
import { isTautlineError } from '@tautline/core'
import { api } from './api.ts'
import { checks, WrongAnswer } from './checks.ts'
import type { RuntimeName } from './machine/runtime.ts'
import type { SpawnedServer } from './spawn-server.ts'

const PATIENCE_MS = 20_000

/** Drives every kind of call and prints a line for each. True when every answer was right. */
export async function runOnce(server: SpawnedServer, runtime: RuntimeName): Promise<boolean> {
  const url = `${server.url.replace(/^http/, 'ws')}rpc`
  console.log(`\nMachine room on ${runtime}, ${url}\n`)
  const ada = createClient(api, { url, auth: () => ({ name: 'Ada' }) })
  const ben = createClient(api, { url, auth: () => ({ name: 'Ben' }) })
  let failed = 0
  for (const { kind, what, run } of checks) {
    const started = performance.now()
    try {
      const seen = await withPatience(run({ ada, ben, server, runtime }))
      report('✓', kind, what, `${seen}  (${(performance.now() - started).toFixed(0)} ms)`)
    } catch (error) {
      failed += 1
      const code = isTautlineError(error) ? `${error.code}: ` : ''
      report('✗', kind, what, `${code}${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const stats = ada.$.stats()
  console.log(
    `\n${String(checks.length - failed)} right, ${String(failed)} wrong; ` +
      `${String(stats.sent.messages)} messages out, ${String(stats.received.messages)} in\n`,
  )
  await Promise.all([ada.$.close(), ben.$.close()])
  return failed === 0
}

function report(mark: string, kind: string, what: string, seen: string): void {
  console.log(`  ${mark} ${kind.padEnd(13)} ${what.padEnd(42)} ${seen}`)
}

/** A report must come to its end, also where an answer does not. */
async function withPatience<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new WrongAnswer(`no answer within ${String(PATIENCE_MS / 1000)} s`))
    }, PATIENCE_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
