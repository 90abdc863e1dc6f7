import { readFile } from 'node:fs/promises'

/** A file below /proc, or `undefined` where this system, or by now this process, has none. */
export async function procText(path: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

/** `Key:   123 kB` lines as bytes. */
export function procTable(text: string): Map<string, number> {
  const table = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^([^:]+):\s+(\d+)(?: kB)?/.exec(line)
    if (match?.[1] !== undefined) table.set(match[1], Number(match[2]) * (line.endsWith('kB') ? 1024 : 1))
  }
  return table
}
