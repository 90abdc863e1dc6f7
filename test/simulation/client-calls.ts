/** Calls of a simulated client. */
import { beginAt, type ClientBench, cancelAfter, judgeDeadline, judgeError } from './client-bench.ts'
import { checkPad } from './handlers.ts'
import type { ApplicationStep } from './schedule.ts'
import { padOf } from './simulated-api.ts'

type CallStep = Extract<ApplicationStep, { readonly type: 'call' }>

export function makeCall(bench: ClientBench, { kind, n, waitMs, bytes, timeoutMs, cancelAfterMs }: CallStep): void {
  const { world, id, name, client } = bench
  const { desk, referee } = world
  const what = `${kind} ${n}`
  desk.ask(n, kind, name)
  const began = beginAt(bench)
  const settle = (how: string): void => {
    referee.note(name, `${what}: ${how}`)
    judgeDeadline(bench, what, began, timeoutMs)
  }
  const call = client[kind](
    { n, client: id, waitMs, pad: padOf(bytes, n) },
    { timeoutMs, signal: cancelAfter(bench, cancelAfterMs) },
  )
  call.then(
    (answer) => {
      if (answer.n !== n || answer.pad.byteLength !== bytes)
        referee.accuse('I1', `${what} was answered with ${answer.n}`)
      checkPad(referee, answer)
      desk.succeeded(n)
      settle('answered')
    },
    (error: unknown) => {
      settle(desk.failed(n, error))
      const mayLose = kind === 'add' ? 'CONNECTION_LOST' : 'nothing'
      judgeError(bench, error, { what, began, timeoutMs, cancelAfterMs, mayLose })
    },
  )
}
