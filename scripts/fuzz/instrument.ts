import { parseSync } from 'vite'

/** Where the counters of a bundle are, from before it is loaded. */
export const COUNTERS = '__tautlineCounters'

const NAME = '$counters'

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

/**
 * Puts a counter into each branch of a module: bodies of functions, arms of `if`, `?:` and `switch`, loops, right sides of
 * `&&`, `||` and `??`, and handlers of `catch`.
 *
 * V8 counts the same by itself, but tells it through the inspector, which takes longer than the run of an input.
 *
 * @param first number of the first counter
 * @returns the code, and the number behind its last counter
 */
export function instrument(code: string, first: number): { readonly code: string; readonly next: number } {
  const inserts = new Inserts(code)
  let next = first
  const count = (): string => `${NAME}[${next++}]++`
  const wrapExpression = (node: Node): void => inserts.around(node, `(${count()},(`, '))')
  const enter = (node: Node): void => {
    if (node.type === 'BlockStatement') inserts.open(node.start + 1, `${count()};`)
    else inserts.around(node, `{${count()};`, '}')
  }
  walk(parseSync('module.js', code).program, (node) => {
    const child = (name: string): Node | undefined => nodeIn(node, name)
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'CatchClause':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement': {
        const body = child('body')
        if (body !== undefined) enter(body)
        return
      }
      case 'ArrowFunctionExpression': {
        const body = child('body')
        if (body === undefined) return
        if (body.type === 'BlockStatement') enter(body)
        else wrapExpression(body)
        return
      }
      case 'IfStatement': {
        const consequent = child('consequent')
        const alternate = child('alternate')
        // Before what closes the arm, which lies inside.
        if (alternate === undefined) inserts.close(node.end, ` else {${count()}}`)
        if (consequent !== undefined) enter(consequent)
        if (alternate !== undefined && alternate.type !== 'IfStatement') enter(alternate)
        return
      }
      case 'ConditionalExpression':
        for (const arm of [child('consequent'), child('alternate')]) if (arm !== undefined) wrapExpression(arm)
        return
      case 'LogicalExpression': {
        const right = child('right')
        if (right !== undefined) wrapExpression(right)
        return
      }
      case 'SwitchCase': {
        const [statement] = nodesIn(node, 'consequent')
        if (statement !== undefined) inserts.open(statement.start, `${count()};`)
        return
      }
      default:
    }
  })
  return { code: `const ${NAME} = globalThis.${COUNTERS};\n${inserts.apply()}`, next }
}

/** Text to put into text, so that what wraps lies around what it wraps. */
class Inserts {
  readonly #code: string
  readonly #opening = new Map<number, string>()
  readonly #closing = new Map<number, string>()

  constructor(code: string) {
    this.#code = code
  }

  around(node: Node, before: string, after: string): void {
    this.open(node.start, before)
    this.close(node.end, after)
  }

  /** Outer nodes come first. */
  open(at: number, text: string): void {
    this.#opening.set(at, (this.#opening.get(at) ?? '') + text)
  }

  close(at: number, text: string): void {
    this.#closing.set(at, text + (this.#closing.get(at) ?? ''))
  }

  apply(): string {
    const places = new Set([...this.#opening.keys(), ...this.#closing.keys()])
    let out = ''
    let from = 0
    for (const at of Array.from(places).toSorted((a, b) => a - b)) {
      out += this.#code.slice(from, at) + (this.#closing.get(at) ?? '') + (this.#opening.get(at) ?? '')
      from = at
    }
    return out + this.#code.slice(from)
  }
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const name of Object.keys(node)) for (const child of nodesIn(node, name)) walk(child, visit)
}

function nodeIn(node: Node, name: string): Node | undefined {
  return nodesIn(node, name)[0]
}

function nodesIn(node: Node, name: string): readonly Node[] {
  const member = (node as unknown as Readonly<Record<string, unknown>>)[name]
  return (Array.isArray(member) ? (member as readonly unknown[]) : [member]).filter(isNode)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
