import { TautlineError } from '../contract/error.ts'
import type { ContextInfo } from './context.ts'

/** Thrown by the `fail` that `context` is given: the one error of it whose code and message reach the other end. */
export class ConnectionRefusal extends TautlineError {}

export const refuseConnection: ContextInfo['fail'] = (code, message) => {
  throw new ConnectionRefusal(code, { message })
}
