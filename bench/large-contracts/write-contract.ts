import type { LargeContract, LibraryText } from './library-text.ts'
import { groupsOf, sampleOf, schemasOf } from './procedures.ts'

/** So many procedures are called, whatever their number: a page calls what it needs. */
const CALLS = 20

export function writeContract(library: LibraryText, count: number): LargeContract {
  const { imports, clientImports, schemas: notation } = library
  const groups = groupsOf(count)
  const schemas = groups
    .flatMap(({ procedures }) => procedures)
    .flatMap((procedure) => {
      const { input, output, error } = schemasOf(notation, procedure)
      return [input, output, error].map((text, i) => ({ name: `s${String(procedure.number)}_${String(i)}`, text }))
    })
  const calls = sampleOf(groups, CALLS).map(([group, procedure]) => library.call(group, procedure))
  const all = [...imports, ...clientImports]
  const empty = linesOf([...all, `export const used = [${all.flatMap(namesIn).join(', ')}]`])
  return {
    empty,
    schemas: linesOf([...imports, ...schemas.map(({ name, text }) => `export const ${name} = ${text}`)]),
    schemaTypes: linesOf([
      `import type * as s from './schemas.ts'`,
      ...notation.imports,
      ...schemas.map(
        ({ name }) => `export const ${name} = (value: ${notation.outputOf(`s.${name}`)}): string => value.id`,
      ),
    ]),
    api: linesOf([...imports, library.contract(groups)]),
    client: linesOf([...clientImports, library.client(calls.join('\n'))]),
  }
}

const linesOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`

/** What an import statement brings, types aside. */
function namesIn(statement: string): readonly string[] {
  const [, list = '', whole = ''] = /^import (?:\{ (.+) \}|\* as (\w+)) from/.exec(statement) ?? []
  return [...list.split(', '), whole].filter((name) => name !== '')
}
