/** Assertions for any runtime: no test framework runs inside the clients under test. */

export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const [got, wanted] = [show(actual), show(expected)]
  if (got !== wanted) throw new Error(`Expected ${what} to be ${wanted}, got ${got}`)
}

export function check(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise)
}

/** The value as text in which everything that differs looks different: types, -0, order of Maps. */
function show(value: unknown): string {
  if (typeof value === 'bigint') return `${String(value)}n`
  if (typeof value === 'string') return JSON.stringify(value)
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Date) return `Date(${String(value.getTime())})`
  if (value instanceof Map) return `Map{${[...value].map(([key, item]) => `${show(key)}=>${show(item)}`).join()}}`
  if (value instanceof Set) return `Set{${[...value].map(show).join()}}`
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${String(new Uint8Array(value))})`
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return `${value.constructor.name}(${bytes.length > 64 ? `${String(bytes.length)} bytes` : String(bytes)})`
  }
  if (Array.isArray(value)) return `[${value.map(show).join()}]`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${key}:${show(item)}`).join()}}`
}

/** Waits for what another end does, by asking again: each question is a round trip, so time passes. */
export async function eventually<T>(ask: () => Promise<T>, accept: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (accept(answer)) return answer
  }
}
