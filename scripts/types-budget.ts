// npm run types:budget: what a large contract costs the compiler, against scripts/types-budget.json, and that a client of one
// in files asks the same of it whatever its size, which is what an editor waits for after each key.
// `--update` writes the present count as the new budget; `--procedures 500` tries another size without a verdict.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checkSource, createSourceFolder } from './types/check-source.ts'

const root = resolve(import.meta.dirname, '..')
const budgetFile = join(root, 'scripts/types-budget.json')
const standardSize = 300
const tolerance = 1.03
const { values } = parseArgs({ options: { update: { type: 'boolean' }, procedures: { type: 'string' } } })
const procedures = Number(values.procedures ?? standardSize)

const imports = `import { createClient } from '@tautline/client'
import { mutation, query, router, subscription } from '@tautline/core'
import * as v from 'valibot'
`
const empty = `${imports}export const used = [createClient, mutation, query, router, subscription, v]\n`

// What the schemas cost in themselves is measured apart.
const inputOf = (i: number): string => `v.object({ id: v.string(), n${String(i)}: v.number() })`
const outputOf = (i: number): string => `v.object({ r${String(i)}: v.string(), at: v.date() })`

function schemasAlone(count: number): string {
  const schemas = Array.from(
    { length: count },
    (_, i) => `export const s${String(i)} = [${inputOf(i)}, ${outputOf(i)}]`,
  )
  return `${empty}${schemas.join('\n')}\n`
}

/** Groups of ten procedures, of three kinds, each called once with a checked result. */
function largeContract(count: number): string {
  const kinds = ['query', 'mutation', 'subscription'] as const
  const groups: string[] = []
  const calls: string[] = []
  for (let group = 0; group * 10 < count; group++) {
    const members: string[] = []
    for (let i = group * 10; i < Math.min(count, group * 10 + 10); i++) {
      const kind = kinds[i % kinds.length] ?? 'query'
      members.push(`    p${String(i)}: ${kind}({ input: ${inputOf(i)}, output: ${outputOf(i)} }),`)
      const call = `client.g${String(group)}.p${String(i)}({ id: 'a', n${String(i)}: ${String(i)} })`
      calls.push(
        kind === 'subscription'
          ? `for await (const row of ${call}) { row.r${String(i)} satisfies string; break }`
          : `;(await ${call}).r${String(i)} satisfies string`,
      )
    }
    groups.push(`  g${String(group)}: {\n${members.join('\n')}\n  },`)
  }
  return `${imports}const api = router({\n${groups.join('\n')}\n})\nconst client = createClient(api, { url: 'wss://app.example' })\n${calls.join('\n')}\n`
}

/** Has the compiler look only at what others ask of a file. */
const UNCHECKED = '// @ts-nocheck\n'

/** A file for each group of ten; checked is a client that calls one procedure. */
function contractInFiles(count: number): Readonly<Record<string, string>> {
  const groups = Array.from({ length: count / 10 }, (_, group) => `g${String(group)}`)
  const membersOf = (group: number): string =>
    Array.from({ length: 10 }, (_, place) => group * 10 + place)
      .map((i) => `export const p${String(i)} = query({ input: ${inputOf(i)}, output: ${outputOf(i)} })`)
      .join('\n')
  return {
    ...Object.fromEntries(groups.map((name, i) => [`${name}.ts`, `${UNCHECKED}${imports}${membersOf(i)}\n`])),
    'groups.ts': `${UNCHECKED}${groups.map((name) => `export * as ${name} from './${name}.ts'`).join('\n')}\n`,
    'api.ts': `${UNCHECKED}import { router } from '@tautline/core'
import * as groups from './groups.ts'
export const api: typeof groups = router(groups)
`,
    'client.ts': `import { createClient } from '@tautline/client'
import { api } from './api.ts'
const client = createClient(api, { url: 'wss://app.example' })
;(await client.g0.p1({ id: 'a', n1: 1 })).r1 satisfies string
`,
  }
}

const folder = createSourceFolder(root)
const measure = (source: string) => checkSource(folder, { 'contract.ts': source }, { packages: 'source' })

const base = measure(empty)
const schemas = measure(schemasAlone(procedures)).instantiations - base.instantiations
const large = measure(largeContract(procedures))
const cost = large.instantiations - base.instantiations
const each = (instantiations: number): string =>
  `${String(instantiations)} instantiations (${String(Math.round(instantiations / procedures))} each)`
console.log(
  `${String(procedures)} procedures, each called once: ${each(cost)}, checked in ${(large.checkMs / 1000).toFixed(2)} s\n` +
    `  their schemas alone: ${each(schemas)}\n` +
    `  all the rest: ${each(cost - schemas)}\n` +
    `  the imports, not counted: ${String(base.instantiations)}`,
)
const [few, many] = [30, 300].map((count) => checkSource(folder, contractInFiles(count), { packages: 'source' }))
console.log(`One call of a contract in files: ${String(many?.instantiations)} instantiations, whatever its size`)
if (few?.instantiations !== many?.instantiations) {
  console.error(`Expected as many for 300 procedures as for 30, which ask for ${String(few?.instantiations)}`)
  process.exitCode = 1
}
if (values.update === true) writeFileSync(budgetFile, `${JSON.stringify({ instantiations: cost }, null, 2)}\n`)
if (procedures === standardSize) {
  const budget = JSON.parse(readFileSync(budgetFile, 'utf8')) as { instantiations: number }
  const limit = Math.ceil(budget.instantiations * tolerance)
  if (cost <= limit) console.log(`Within budget: at most ${String(limit)}`)
  else {
    console.error(`Over budget: expected at most ${String(limit)} instantiations, got ${String(cost)}`)
    process.exitCode = 1
  }
}
