import type { LibraryText } from './library-text.ts'
import { type Group, inputText, linesOf, schemasOf, valibotNotation } from './procedures.ts'

const imports = [`import { eventIterator, oc } from '@orpc/contract'`, `import * as v from 'valibot'`]

function groupText({ procedures }: Group): string {
  const lines = procedures.map((procedure) => {
    const { input, output, error } = schemasOf(valibotNotation, procedure)
    const answer = procedure.kind === 'subscription' ? `eventIterator(${output})` : output
    return `${procedure.name}: oc.input(${input}).output(${answer}).errors({ NOT_FOUND: { data: ${error} } })`
  })
  return `{\n${linesOf(lines)}\n}`
}

export const orpcText: LibraryText = {
  imports,
  clientImports: [
    `import { createORPCClient } from '@orpc/client'`,
    `import { RPCLink } from '@orpc/client/websocket'`,
    `import type { ContractRouterClient } from '@orpc/contract'`,
  ],
  schemas: valibotNotation,
  contract: (groups) =>
    `export const api = {\n${linesOf(groups.map((group) => `${group.name}: ${groupText(group)}`))}\n}`,
  files: (groups) => ({
    ...Object.fromEntries(
      groups.map((group) => [
        `${group.name}.ts`,
        [...imports, `export const ${group.name} = ${groupText(group)}`].join('\n'),
      ]),
    ),
    'api.ts': [
      ...groups.map(({ name }) => `import { ${name} } from './${name}.ts'`),
      `export const api = {\n${linesOf(groups.map(({ name }) => name))}\n}`,
    ].join('\n'),
  }),
  client: (calls) =>
    `import type { api } from './api.ts'\nconst client: ContractRouterClient<typeof api> = createORPCClient(new RPCLink({ websocket: new WebSocket('wss://app.example') }))\n${calls}`,
  call(group, procedure) {
    const call = `await client.${group.name}.${procedure.name}(${inputText(procedure)})`
    const field = `title${String(procedure.number)} satisfies string`
    return procedure.kind === 'subscription' ? `for await (const row of ${call}) row.${field}` : `;(${call}).${field}`
  },
}
