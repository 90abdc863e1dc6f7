import { describeSchema } from './describe-schema.ts'
import { hash64 } from './hash.ts'
import type { ProcedureEntry } from './procedure-types.ts'
import type { Schema } from './schema.ts'

/**
 * Raise it when what is described changes, or how, and when values of the same schema are packed in another way: ends that do
 * not agree on that must not take their contracts for equal.
 */
const DESCRIPTION_VERSION = 2

const PARTS = ['input', 'output', 'up', 'resume', 'params', 'payload'] as const

/**
 * The contract hash: over path, kind and schemas of every procedure, in the order of the table. What changes nothing
 * for the other end (descriptions, brands, `compress`, `idempotent`) is left out, and so is `volatile`: a client takes an
 * event as it comes, and a server that begins to drop it need not lose the indexes of those that do not know yet.
 */
export function fingerprint(procedures: readonly ProcedureEntry[]): string {
  const known = new Map<Schema, string>()
  const describe = (schema: Schema | null): string => (schema === null ? 'none' : describeSchema(schema, known))
  const rows = procedures.map(({ path, kind, def }) => {
    const parts = PARTS.flatMap((name) => {
      const schema = def[name]
      return schema === undefined ? [] : [[name, describe(schema)]]
    })
    const errors = Object.keys(def.errors)
      .sort()
      .map((code) => [code, describe(def.errors[code] ?? null)])
    return [path, kind, parts, errors]
  })
  return hash64(JSON.stringify([DESCRIPTION_VERSION, rows]))
}
