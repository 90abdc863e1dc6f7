import { isPromiseLike } from './maybe-promise.ts'

/**
 * Calls a function of the application that nobody waits for. Whether it throws or, being asynchronous after all,
 * rejects: it is reported, and nothing else happens.
 */
export function runQuietly(task: () => unknown, report: (error: unknown) => void): void {
  try {
    const outcome = task()
    if (isPromiseLike(outcome)) Promise.resolve(outcome).catch(report)
  } catch (error) {
    report(error)
  }
}
