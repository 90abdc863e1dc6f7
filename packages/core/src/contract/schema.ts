/**
 * The port to validation: Standard Schema v1 as a structural type, so that valibot, zod, arktype and others fit
 * without being imported. Owns: the shape, reading types out of it. Must not know: any validator by name.
 */

/** Anything that follows Standard Schema v1. `In` is what may be passed, `Out` what validation makes of it. */
export interface Schema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>
    readonly types?: { readonly input: In; readonly output: Out } | undefined
  }
}

export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** An issue as validators report it; `validate` gives the plain form, `Issue`. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What may be passed to the schema: the side of the sender. */
export type SchemaInput<S extends Schema> = NonNullable<S['~standard']['types']>['input']

/** What the schema makes of it: the side of the receiver. */
export type SchemaOutput<S extends Schema> = NonNullable<S['~standard']['types']>['output']

export function isSchema(value: unknown): value is Schema {
  // arktype's schemas are functions.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  // The casts only allow the look: each member found is checked.
  const standard = (value as { readonly '~standard'?: unknown })['~standard']
  if (typeof standard !== 'object' || standard === null) return false
  const { version, vendor, validate } = standard as Record<string, unknown>
  return version === 1 && typeof vendor === 'string' && typeof validate === 'function'
}
