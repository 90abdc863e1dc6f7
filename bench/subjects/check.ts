import { existsSync, readdirSync } from 'node:fs'
import { inspect, parseArgs } from 'node:util'
import { type CheckedServer, startCheckedServer } from './checked-server.ts'
import { type FeatureCheck, featureChecks } from './feature-checks.ts'
import type { About, BenchClient, RuntimeName } from './subject.ts'

/*
 * `npm run check -- [name…] [--runtime node,bun,deno]`: starts each subject's server in a process of its own and its
 * client here, does all of its features once, and prints which of them were right. What a subject says that it does
 * without is not tried; whatever else fails makes the exit code 1.
 */

const REMARK_LINES = 20

type Outcome =
  | { readonly kind: 'right'; readonly tookMs: number }
  | { readonly kind: 'without'; readonly reason: string }
  | { readonly kind: 'wrong'; readonly error: unknown }

interface SubjectModules {
  readonly about: About
  readonly connect: (url: string) => Promise<BenchClient>
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { runtime: { type: 'string', default: 'node,bun,deno' } },
})
const wanted = values.runtime.split(',')
const runtimes = (['node', 'bun', 'deno'] satisfies RuntimeName[]).filter((runtime) => wanted.includes(runtime))

function subjectNames(): string[] {
  const here = new URL('./', import.meta.url)
  return readdirSync(here).filter((name) => existsSync(new URL(`${name}/about.ts`, here)))
}

async function load(name: string): Promise<SubjectModules> {
  const { about } = (await import(`./${name}/about.ts`)) as Pick<SubjectModules, 'about'>
  const { connect } = (await import(`./${name}/client.ts`)) as Pick<SubjectModules, 'connect'>
  if (about.name !== name)
    throw new Error(`Expected \`about.name\` to be that of its folder, ${name}, got ${about.name}`)
  return { about, connect }
}

async function checkSubject(name: string, runtime: RuntimeName): Promise<Map<string, Outcome>> {
  const { about, connect: connectTo } = await load(name)
  let server: CheckedServer = await startCheckedServer(name, { runtime })
  const { port } = server
  const connect = () => connectTo(`ws://127.0.0.1:${port}`)
  const client = await connect()
  const outcomes = new Map<string, Outcome>()
  try {
    for (const check of featureChecks) {
      const restart = async () => {
        await server.kill()
        server = await startCheckedServer(name, { runtime, port })
      }
      outcomes.set(check.title, await outcomeOf(check, about, { server, client, connect, restart }))
    }
    await client.close()
  } finally {
    const code = await server.stop()
    outcomes.set('stop', code === 0 ? { kind: 'right', tookMs: 0 } : { kind: 'wrong', error: `exit code ${code}` })
  }
  return outcomes
}

async function outcomeOf(
  check: FeatureCheck,
  about: About,
  stand: Parameters<FeatureCheck['run']>[0],
): Promise<Outcome> {
  const reason = reasonToSkip(check, about, stand.client)
  if (reason !== undefined) return { kind: 'without', reason }
  const start = performance.now()
  try {
    await check.run(stand)
    return { kind: 'right', tookMs: performance.now() - start }
  } catch (error) {
    return { kind: 'wrong', error }
  }
}

function reasonToSkip(
  { feature, looksAtValues, isOffered }: FeatureCheck,
  about: About,
  client: BenchClient,
): string | undefined {
  if (looksAtValues && about.prepared) return 'its values are made beforehand'
  const without = feature === undefined ? undefined : about.without[feature]
  return without ?? (isOffered?.(client) === false ? 'Not offered' : undefined)
}

function cell(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'right':
      return `ok ${outcome.tookMs.toFixed(0)} ms`
    case 'without':
      return 'without'
    case 'wrong':
      return 'WRONG'
    default:
      return outcome satisfies never
  }
}

/** Of an error about a thousand rows. */
const firstLines = (error: unknown): string => inspect(error).split('\n').slice(0, REMARK_LINES).join('\n')

const rows: Record<string, string>[] = []
const remarks: string[] = []
for (const name of positionals.length > 0 ? positionals : subjectNames()) {
  const { about } = await load(name)
  for (const runtime of runtimes.filter((one) => about.runtimes.includes(one))) {
    const outcomes = await checkSubject(name, runtime)
    const cells = [...outcomes].map(([title, outcome]) => [title, cell(outcome)] as const)
    rows.push({ subject: about.label, server: runtime, ...Object.fromEntries<string>(cells) })
    for (const [title, outcome] of outcomes) {
      if (outcome.kind === 'without') remarks.push(`${name} on ${runtime} is without ${title}: ${outcome.reason}`)
      if (outcome.kind !== 'wrong') continue
      process.exitCode = 1
      remarks.push(`${name} on ${runtime}, ${title}: ${firstLines(outcome.error)}`)
    }
  }
}
console.table(rows)
for (const remark of new Set(remarks)) console.log(remark)
process.exit()
