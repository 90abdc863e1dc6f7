import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { clientKinds, serverKinds } from './capabilities.ts'

/** Prints the matrix of servers and clients after the run, with the number of checks that passed in each cell. */
export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cells = new Map<string, { passed: number; failed: number }>()
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const cell = cellOf(test)
        if (cell === undefined) continue
        const counts = cells.get(cell) ?? { passed: 0, failed: 0 }
        cells.set(cell, counts)
        const { state } = test.result()
        if (state === 'passed') counts.passed += 1
        else if (state === 'failed') counts.failed += 1
      }
    }
    const columns = [...clientKinds, ABUSE]
    const show = (cell: string): string => {
      const counts = cells.get(cell)
      if (counts === undefined) return '-'
      return counts.failed === 0 ? String(counts.passed) : `${String(counts.failed)} FAILED`
    }
    const rows = serverKinds.map((server) =>
      [server as string].concat(columns.map((column) => show(`${server} ${column}`))),
    )
    console.log(
      `\nChecks passed, by server (down) and client (across)\n${layOut([['', ...columns], ...rows])}\nA lower number is a "no" of the capability table: packages/adapters/README.md\n`,
    )
  }
}

/** Raw sockets that break the rules, and servers that end and come back. */
const ABUSE = 'abuse, kill'

/** `server node > client bun > …` counts for that pair, all else below `server node` for its raw sockets. */
function cellOf(test: TestCase): string | undefined {
  const [server, client] = test.fullName.split(' > ')
  const serverKind = /^server (.+)$/.exec(server ?? '')?.[1]
  if (serverKind === undefined) return undefined
  return `${serverKind} ${/^client (.+)$/.exec(client ?? '')?.[1] ?? ABUSE}`
}

function layOut(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(15))).join('')).join('\n')
}
