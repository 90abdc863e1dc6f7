import process from 'node:process'
import { createInterface } from 'node:readline'
import { type AnswerLine, type Handlers, LINE_MARK, type OrderLine } from './orders.ts'

/** Carries out orders that come over stdin, and ends with it: so nothing is left when whoever gives them is killed. */
export function takeOrders<Orders>(handlers: Handlers<Orders>, ready: unknown): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    void answer(JSON.parse(line) as OrderLine)
  })
  lines.on('close', () => {
    process.exit(0)
  })
  print({ id: 0, got: ready })

  async function answer({ id, name, given }: OrderLine): Promise<void> {
    try {
      const handler = handlers[name as keyof Orders] as (value: unknown) => unknown
      print({ id, got: await handler(given) })
    } catch (error) {
      print({ id, failure: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
    }
  }
}

function print(line: AnswerLine): void {
  process.stdout.write(`${LINE_MARK}${JSON.stringify(line)}\n`)
}
