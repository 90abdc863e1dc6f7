const MAX_CHARACTERS = 60

/**
 * A value as the end of an error text: "`-1` (number)". Says the kind of an object, not its content, so that
 * nothing private slips into a log.
 */
export function got(value: unknown): string {
  if (value === null || value === undefined) return `\`${String(value)}\``
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object') return `an object (${nameOfConstructor(value)})`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string') return `\`${JSON.stringify(cut(value))}\` (string)`
  // The compiler does not narrow `unknown` by what it is not.
  const primitive = value as number | bigint | boolean | symbol
  return `\`${cut(String(primitive))}\` (${typeof primitive})`
}

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
}

function nameOfConstructor(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return 'null prototype'
  // The cast only allows the look: whatever is found is checked before it is used.
  const { constructor } = prototype as { constructor?: unknown }
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'Object'
}
