// Bundled into a page: the checks as a function to be called from outside.
import { type CheckResult, type RunOptions, runChecks } from './run-checks.ts'

Object.assign(globalThis, {
  async runConformance(options: RunOptions): Promise<readonly CheckResult[]> {
    const results: CheckResult[] = []
    await runChecks(options, (result) => results.push(result))
    return results
  },
})
