import type { LibraryText } from './library-text.ts'
import { inputText, linesOf, type Procedure, schemasOf, valibotNotation } from './procedures.ts'

const imports = [
  `import { mutation, query, router, subscription } from '@tautline/core'`,
  `import * as v from 'valibot'`,
]

function procedureText(procedure: Procedure): string {
  const { input, output, error } = schemasOf(valibotNotation, procedure)
  return `${procedure.kind}({ input: ${input}, output: ${output}, errors: { NOT_FOUND: ${error} } })`
}

export const tautlineText: LibraryText = {
  imports,
  clientImports: [`import { createClient } from '@tautline/client'`],
  schemas: valibotNotation,
  contract(groups) {
    const members = groups.map(({ name, procedures }) => {
      const lines = procedures.map((procedure) => `${procedure.name}: ${procedureText(procedure)}`)
      return `${name}: {\n${linesOf(lines)}\n}`
    })
    return `export const api = router({\n${linesOf(members)}\n})`
  },
  files: (groups) => ({
    ...Object.fromEntries(
      groups.map(({ name, procedures }) => {
        const members = procedures.map((procedure) => `export const ${procedure.name} = ${procedureText(procedure)}`)
        return [`${name}.ts`, [...imports, ...members].join('\n')]
      }),
    ),
    'groups.ts': groups.map(({ name }) => `export * as ${name} from './${name}.ts'`).join('\n'),
    'api.ts': `import { router } from '@tautline/core'\nimport * as groups from './groups.ts'\nexport const api: typeof groups = router(groups)`,
  }),
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
