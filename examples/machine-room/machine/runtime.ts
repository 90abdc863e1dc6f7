export type RuntimeName = 'node' | 'bun' | 'deno'

/** Which runtime this code runs on. All three have `process.versions`; each has its own name in it. */
export const runtime: { readonly name: RuntimeName; readonly version: string } = detect()

function detect(): { readonly name: RuntimeName; readonly version: string } {
  const { versions } = process
  if (versions['bun'] !== undefined) return { name: 'bun', version: versions['bun'] }
  if (versions['deno'] !== undefined) return { name: 'deno', version: versions['deno'] }
  return { name: 'node', version: versions.node }
}
