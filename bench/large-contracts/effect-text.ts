import type { LibraryText } from './library-text.ts'
import { inputText, linesOf, type SchemaNotation, schemasOf } from './procedures.ts'

const TYPES = { string: 'Schema.String', number: 'Schema.Number', boolean: 'Schema.Boolean' } as const

const effectNotation: SchemaNotation = {
  imports: [`import type { Schema } from 'effect'`],
  outputOf: (name) => `Schema.Schema.Type<typeof ${name}>`,
  object: (fields) =>
    `Schema.Struct({ ${Object.entries(fields)
      .map(([name, type]) => `${name}: ${TYPES[type]}`)
      .join(', ')} })`,
}

/** One group of all, as its client wants it, whose names say where they would stand elsewhere. */
export const effectText: LibraryText = {
  imports: [`import { Schema } from 'effect'`, `import { Rpc, RpcGroup } from 'effect/rpc'`],
  clientImports: [`import { Effect, Stream } from 'effect'`, `import { RpcClient } from 'effect/rpc'`],
  schemas: effectNotation,
  contract(groups) {
    const made = groups.map(({ name, procedures }) => {
      const lines = procedures.map((procedure) => {
        const { input, output, error } = schemasOf(effectNotation, procedure)
        const stream = procedure.kind === 'subscription' ? ', stream: true' : ''
        return `Rpc.make('${name}.${procedure.name}', { payload: ${input}, success: ${output}, error: ${error}${stream} })`
      })
      return `const ${name} = RpcGroup.make(\n${linesOf(lines)}\n)`
    })
    const [first = '', ...others] = groups.map(({ name }) => name)
    return `${made.join('\n')}\nexport const api = ${first}.merge(${others.join(', ')})`
  },
  client: (calls) =>
    `import { api } from './api.ts'\nexport const program = Effect.gen(function* () {\nconst client = yield* RpcClient.make(api)\n${calls}\n})`,
  call(group, procedure) {
    const call = `client['${group.name}.${procedure.name}'](${inputText(procedure)})`
    const field = `title${String(procedure.number)} satisfies string`
    return procedure.kind === 'subscription'
      ? `yield* Stream.runForEach(${call}, (row) => Effect.sync(() => row.${field}))`
      : `;(yield* ${call}).${field}`
  },
}
