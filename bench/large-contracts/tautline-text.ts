import type { LibraryText } from './library-text.ts'
import { inputText, linesOf, schemasOf, valibotNotation } from './procedures.ts'

export const tautlineText: LibraryText = {
  imports: [`import { mutation, query, router, subscription } from '@tautline/core'`, `import * as v from 'valibot'`],
  clientImports: [`import { createClient } from '@tautline/client'`],
  schemas: valibotNotation,
  contract(groups) {
    const members = groups.map(({ name, procedures }) => {
      const lines = procedures.map((procedure) => {
        const { input, output, error } = schemasOf(valibotNotation, procedure)
        return `${procedure.name}: ${procedure.kind}({ input: ${input}, output: ${output}, errors: { NOT_FOUND: ${error} } })`
      })
      return `${name}: {\n${linesOf(lines)}\n}`
    })
    return `export const api = router({\n${linesOf(members)}\n})`
  },
  client: (calls) =>
    `import { api } from './api.ts'\nconst client = createClient(api, { url: 'wss://app.example' })\n${calls}`,
  call(group, procedure) {
    const call = `client.${group.name}.${procedure.name}(${inputText(procedure)})`
    const field = `title${String(procedure.number)} satisfies string`
    return procedure.kind === 'subscription'
      ? `for await (const row of ${call}) row.${field}`
      : `;(await ${call}).${field}`
  },
}
