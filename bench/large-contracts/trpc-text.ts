import type { LibraryText } from './library-text.ts'
import { answerText, type Group, inputText, linesOf, schemasOf, valibotNotation } from './procedures.ts'

const START = `import { initTRPC } from '@trpc/server'`
const VALIDATOR = `import * as v from 'valibot'`

function groupText({ procedures }: Group): string {
  const lines = procedures.map((procedure) => {
    const { input, output } = schemasOf(valibotNotation, procedure)
    const answer = answerText(procedure)
    return procedure.kind === 'subscription'
      ? `${procedure.name}: t.procedure.input(${input}).subscription(async function* () { yield ${answer} })`
      : `${procedure.name}: t.procedure.input(${input}).output(${output}).${procedure.kind}(() => (${answer}))`
  })
  return `t.router({\n${linesOf(lines)}\n})`
}

/** Its contract is its server, handlers included. It declares no errors, so it has none of the schemas of their data either. */
export const trpcText: LibraryText = {
  imports: [START, VALIDATOR],
  clientImports: [`import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'`],
  schemas: valibotNotation,
  contract(groups) {
    const members = groups.map((group) => `${group.name}: ${groupText(group)}`)
    return `const t = initTRPC.create()\nexport const api = t.router({\n${linesOf(members)}\n})`
  },
  files: (groups) => ({
    't.ts': `${START}\nexport const t = initTRPC.create()`,
    ...Object.fromEntries(
      groups.map((group) => [
        `${group.name}.ts`,
        [VALIDATOR, `import { t } from './t.ts'`, `export const ${group.name} = ${groupText(group)}`].join('\n'),
      ]),
    ),
    'api.ts': [
      `import { t } from './t.ts'`,
      ...groups.map(({ name }) => `import { ${name} } from './${name}.ts'`),
      `export const api = t.router({\n${linesOf(groups.map(({ name }) => name))}\n})`,
    ].join('\n'),
  }),
  client: (calls) =>
    `import type { api } from './api.ts'\nconst client = createTRPCClient<typeof api>({ links: [wsLink({ client: createWSClient({ url: 'wss://app.example' }) })] })\n${calls}`,
  call(group, procedure) {
    const path = `client.${group.name}.${procedure.name}`
    const field = `title${String(procedure.number)} satisfies string`
    return procedure.kind === 'subscription'
      ? `${path}.subscribe(${inputText(procedure)}, { onData: (row) => { row.${field} } })`
      : `;(await ${path}.${procedure.kind === 'query' ? 'query' : 'mutate'}(${inputText(procedure)})).${field}`
  },
}
