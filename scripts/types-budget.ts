// npm run types:budget: what a large contract costs the compiler, against scripts/types-budget.json.
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
