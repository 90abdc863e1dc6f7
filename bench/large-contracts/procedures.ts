/*
 * Large contracts as applications have them, made of numbers: what is written for one library is what is written for the others.
 * The text is JavaScript without types, so that it can be checked by a compiler and run without one.
 */

export type Kind = 'query' | 'mutation' | 'subscription'

export interface Procedure {
  readonly name: string
  readonly kind: Kind
  /** Makes its schemas differ from those of the others, as they do in applications. */
  readonly number: number
}

export interface Group {
  readonly name: string
  readonly procedures: readonly Procedure[]
}

/** How a library writes schemas. */
export interface SchemaNotation {
  /** What the types need. */
  readonly imports: readonly string[]
  /** The type of what a schema of this name lets through. */
  readonly outputOf: (name: string) => string
  readonly object: (fields: Readonly<Record<string, 'string' | 'number' | 'boolean'>>) => string
}

/** The schemas of one procedure, as text. */
export interface SchemaTexts {
  readonly input: string
  readonly output: string
  /** Of the data of its error. */
  readonly error: string
}

const PER_GROUP = 10

/** Groups of ten; every tenth procedure is a subscription, the others are queries and mutations by turns. */
export function groupsOf(count: number): readonly Group[] {
  return Array.from({ length: Math.ceil(count / PER_GROUP) }, (_, group) => ({
    name: `g${String(group)}`,
    procedures: Array.from({ length: Math.min(PER_GROUP, count - group * PER_GROUP) }, (__, place) => {
      const number = group * PER_GROUP + place
      return { name: `p${String(number)}`, kind: kindOf(number), number }
    }),
  }))
}

function kindOf(number: number): Kind {
  if (number % PER_GROUP === PER_GROUP - 1) return 'subscription'
  return number % 2 === 0 ? 'query' : 'mutation'
}

/** An input of two fields, an answer of six, an error with data. */
export const schemasOf = ({ object }: SchemaNotation, { number }: Procedure): SchemaTexts => ({
  input: object({ id: 'string', [`n${String(number)}`]: 'number' }),
  output: object({
    id: 'string',
    [`title${String(number)}`]: 'string',
    done: 'boolean',
    priority: 'number',
    owner: 'string',
    createdAt: 'number',
  }),
  error: object({ id: 'string' }),
})

export const inputText = ({ number }: Procedure): string => `{ id: 'a', n${String(number)}: 1 }`

export const answerText = ({ number }: Procedure): string =>
  `{ id: 'a', title${String(number)}: 'b', done: false, priority: 1, owner: 'c', createdAt: 2 }`

export const valibotNotation: SchemaNotation = {
  imports: [`import type * as v from 'valibot'`],
  outputOf: (name) => `v.InferOutput<typeof ${name}>`,
  object: (fields) =>
    `v.object({ ${Object.entries(fields)
      .map(([name, type]) => `${name}: v.${type}()`)
      .join(', ')} })`,
}

/** Procedures of all kinds, spread over the contract; no more than there are. */
export function sampleOf(groups: readonly Group[], count: number): readonly (readonly [Group, Procedure])[] {
  const all = groups.flatMap((group) => group.procedures.map((procedure) => [group, procedure] as const))
  const step = Math.max(1, all.length / count)
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => {
    const start = Math.floor((i * step) / PER_GROUP) * PER_GROUP
    // Another place in each group, so that all kinds are among them.
    return all[step === 1 ? i : Math.min(all.length - 1, start + (i % PER_GROUP))]
  }).filter((found) => found !== undefined)
}

/** Members of an object, one a line. */
export const linesOf = (lines: readonly string[]): string => lines.map((line) => `  ${line},`).join('\n')
