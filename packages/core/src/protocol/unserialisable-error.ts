/** A value that cannot travel, and where in it. Raised where the value is given, before anything is sent. */
export class UnserialisableError extends Error {
  override readonly name = 'UnserialisableError'
  /** Property names, indexes and keys from the outermost value down to the culprit. */
  readonly path: readonly (string | number)[]
  /** What is wrong there: `"a function"`, `"a cycle"`, … */
  readonly reason: string

  constructor(path: readonly (string | number)[], reason: string, options?: { readonly cause: unknown }) {
    const place = path.length === 0 ? 'the value itself' : `\`${path.join('.')}\``
    super(`Expected a value that can be sent, got ${reason} at ${place}`, options)
    this.path = path
    this.reason = reason
  }
}
