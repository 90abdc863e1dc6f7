import type { Group, Procedure, SchemaNotation } from './procedures.ts'

/** How one library writes a large contract and calls it: statements as text. */
export interface LibraryText {
  /** Statements: what the contract imports. */
  readonly imports: readonly string[]
  /** What the client imports besides the contract. */
  readonly clientImports: readonly string[]
  readonly schemas: SchemaNotation
  /** `export const api = …`. */
  contract(groups: readonly Group[]): string
  /**
   * The same contract as its documentation lays a large one out: a file for each group, and `api.ts`. By name. Absent for a library
   * that is not asked for it.
   */
  files?(groups: readonly Group[]): Readonly<Record<string, string>>
  /** Imports `./api.ts`, makes `client` and calls it. */
  client(calls: string): string
  /** Checks the type of what is answered, too. */
  call(group: Group, procedure: Procedure): string
}

export interface LargeContract {
  /** The imports alone: what they cost is not the contract's. */
  readonly empty: string
  /** `schemas.ts`: those of all procedures, which is what the validator costs by itself. */
  readonly schemas: string
  /** Asks each of them for its type: one that nobody asks costs nothing, and no contract leaves it at that. */
  readonly schemaTypes: string
  /** `api.ts`. */
  readonly api: string
  /** `client.ts`: calls some of the procedures. */
  readonly client: string
}
