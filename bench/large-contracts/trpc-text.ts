import type { LibraryText } from './library-text.ts'
import { answerText, inputText, linesOf, schemasOf, valibotNotation } from './procedures.ts'

/** Its contract is its server, handlers included. It declares no errors, so it has none of the schemas of their data either. */
export const trpcText: LibraryText = {
  imports: [`import { initTRPC } from '@trpc/server'`, `import * as v from 'valibot'`],
  clientImports: [`import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'`],
  schemas: valibotNotation,
  contract(groups) {
    const members = groups.map(({ name, procedures }) => {
      const lines = procedures.map((procedure) => {
        const { input, output } = schemasOf(valibotNotation, procedure)
        const answer = answerText(procedure)
        return procedure.kind === 'subscription'
          ? `${procedure.name}: t.procedure.input(${input}).subscription(async function* () { yield ${answer} })`
          : `${procedure.name}: t.procedure.input(${input}).output(${output}).${procedure.kind}(() => (${answer}))`
      })
      return `${name}: t.router({\n${linesOf(lines)}\n})`
    })
    return `const t = initTRPC.create()\nexport const api = t.router({\n${linesOf(members)}\n})`
  },
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
