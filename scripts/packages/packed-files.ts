/** What a published package may hold: what npm always takes, what was built, and the sources that its maps lead to. */
const allowed: readonly RegExp[] = [
  /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^dist\/(?:[\w-]+\/)*[\w-]+\.(?:js|js\.map|d\.ts|d\.ts\.map)$/,
  // Tests, fixtures and snapshots have a dot or underscores more in their names.
  /^src\/(?:[a-z\d-]+\/)*[a-z\d-]+\.ts$/,
]

/** The files of a package that nobody expects there. */
export function surplusFiles(files: readonly string[]): readonly string[] {
  return files.filter((file) => !allowed.some((pattern) => pattern.test(file)))
}
