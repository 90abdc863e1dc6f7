import { type ContractTree, contractOf, entryOf, isProcedure } from '../contract/contract.ts'
import { got } from '../contract/got.ts'
import { createIncomingRequests } from '../session/incoming-requests.ts'
import type { MakeContext, NoCalls } from './context.ts'
import { createDispatcher } from './dispatcher.ts'
import type { ContractImplementer } from './implement-types.ts'
import { type AnyMiddleware, bindHandlers, type Implementation, type MiddlewareStep } from './implementation.ts'

export interface ImplementOptions<Calls extends ContractTree> {
  /** What the other end of each connection serves: gives `client` and `connection.client` their types. */
  readonly calls?: Calls
}

/**
 * Starts to implement a contract: `implement(api).context(…).use(…).handlers({ … })`. Every step returns a new
 * implementer, and every group and procedure of the contract stands on it under its own name:
 * `signedIn.todo.handlers({ … })`, `signedIn.todo.get.handler(…)`.
 *
 * Throws a `TypeError` where `api` is not what `router` returned.
 */
export function implement<T extends ContractTree, Calls extends ContractTree = NoCalls>(
  api: T,
  options: ImplementOptions<Calls> = {},
): ContractImplementer<T, Calls> {
  contractOf(api)
  if (options.calls !== undefined) contractOf(options.calls)
  const whole: Whole = { api, calls: options.calls, makeContext: undefined }
  // The object has exactly the members of the type, made from the same contract.
  return createImplementer(whole, { part: api, path: '' }, []) as ContractImplementer<T, Calls>
}

interface Whole {
  readonly api: ContractTree
  readonly calls: ContractTree | undefined
  readonly makeContext: MakeContext<object, NoCalls> | undefined
}

interface Part {
  readonly part: object
  readonly path: string
}

function createImplementer(whole: Whole, at: Part, steps: readonly MiddlewareStep[]): object {
  const implementer = {
    use(middleware: AnyMiddleware): object {
      expectFunction('a middleware', middleware)
      return createImplementer(whole, at, [...steps, { run: middleware }])
    },
  }
  if (isProcedure(at.part)) return Object.assign(implementer, { handler: implementPart })
  if (at.path === '') Object.assign(implementer, { context, handlers: implementWhole })
  else Object.assign(implementer, { handlers: implementPart })
  for (const [name, child] of Object.entries(at.part) as [string, object][]) {
    // Made when asked for: most levels of a large contract are never touched by themselves.
    const path = isProcedure(child) ? entryOf(child).path : at.path === '' ? name : `${at.path}.${name}`
    const get = (): object => createImplementer(whole, { part: child, path }, steps)
    Object.defineProperty(implementer, name, { enumerable: true, get })
  }
  return implementer

  function context(makeContext: MakeContext<object, NoCalls>): object {
    expectFunction('a function that makes the context', makeContext)
    return createImplementer({ ...whole, makeContext }, at, steps)
  }

  function implementPart(handlers: unknown): object {
    return { '~handlers': bindHandlers(at.part, at.path, handlers, steps) }
  }

  function implementWhole(handlers: unknown): Implementation {
    return {
      '~api': whole.api,
      '~contract': contractOf(whole.api),
      '~calls': whole.calls,
      '~handlers': bindHandlers(at.part, at.path, handlers, steps),
      '~makeContext': whole.makeContext,
      '~createDispatcher': createDispatcher,
      '~createIncoming': createIncomingRequests,
    }
  }
}

function expectFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`Expected ${what}, got ${got(value)}`)
}
