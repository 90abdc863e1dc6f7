import type { LibraryText } from './library-text.ts'
import { inputText, linesOf, schemasOf, valibotNotation } from './procedures.ts'

export const orpcText: LibraryText = {
  imports: [`import { eventIterator, oc } from '@orpc/contract'`, `import * as v from 'valibot'`],
  clientImports: [
    `import { createORPCClient } from '@orpc/client'`,
    `import { RPCLink } from '@orpc/client/websocket'`,
    `import type { ContractRouterClient } from '@orpc/contract'`,
  ],
  schemas: valibotNotation,
  contract(groups) {
    const members = groups.map(({ name, procedures }) => {
      const lines = procedures.map((procedure) => {
        const { input, output, error } = schemasOf(valibotNotation, procedure)
        const answer = procedure.kind === 'subscription' ? `eventIterator(${output})` : output
        return `${procedure.name}: oc.input(${input}).output(${answer}).errors({ NOT_FOUND: { data: ${error} } })`
      })
      return `${name}: {\n${linesOf(lines)}\n}`
    })
    return `export const api = {\n${linesOf(members)}\n}`
  },
  client: (calls) =>
    `import type { api } from './api.ts'\nconst client: ContractRouterClient<typeof api> = createORPCClient(new RPCLink({ websocket: new WebSocket('wss://app.example') }))\n${calls}`,
  call(group, procedure) {
    const call = `await client.${group.name}.${procedure.name}(${inputText(procedure)})`
    const field = `title${String(procedure.number)} satisfies string`
    return procedure.kind === 'subscription' ? `for await (const row of ${call}) row.${field}` : `;(${call}).${field}`
  },
}
