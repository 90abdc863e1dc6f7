/** Makes the compiler prove that a switch is complete. */
export function assertNever(value: never): never {
  throw new Error(`Expected no such value, got ${JSON.stringify(value)}`)
}
