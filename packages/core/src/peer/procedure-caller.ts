import { type ContractTree, entryOf, isProcedure } from '../contract/contract.ts'
import type { ProcedureEntry } from '../contract/procedure-types.ts'
import type {
  KeyedCallOptions,
  ProcedureCaller,
  ProcedureCallOptions,
  SubscriptionCallOptions,
} from './procedure-caller-types.ts'

export interface StreamCall {
  readonly input: unknown
  /** The items of a duplex that go up. */
  readonly up: Iterable<unknown> | AsyncIterable<unknown> | undefined
  readonly options: SubscriptionCallOptions<unknown>
}

/** What stands behind a caller: the other end of a connection, or the handlers themselves. */
export interface ProcedureInvoker {
  call(entry: ProcedureEntry, input: unknown, options: KeyedCallOptions): Promise<unknown>
  open(entry: ProcedureEntry, call: StreamCall): AsyncIterableIterator<unknown, undefined, undefined>
}

const NO_OPTIONS: ProcedureCallOptions = Object.freeze({})

/** Makes a contract into nested objects of functions that end at `invoker`. */
export function createProcedureCaller<T extends ContractTree>(
  api: T,
  invoker: ProcedureInvoker,
): ProcedureCaller<T, KeyedCallOptions> {
  // The object has the members of the type: both are read from the same contract.
  return createGroup(api, invoker) as ProcedureCaller<T, KeyedCallOptions>
}

function createGroup(group: object, invoker: ProcedureInvoker): object {
  const caller: Record<string, unknown> = {}
  for (const [name, child] of Object.entries(group) as [string, object][]) {
    if (!isProcedure(child)) caller[name] = createGroup(child, invoker)
    else if (child['~kind'] !== 'event') caller[name] = createMethod(entryOf(child), invoker)
  }
  return Object.freeze(caller)
}

function createMethod(entry: ProcedureEntry, invoker: ProcedureInvoker): (...args: never[]) => unknown {
  if (entry.kind === 'subscription') {
    return (input: unknown, options: SubscriptionCallOptions<unknown> = NO_OPTIONS) =>
      invoker.open(entry, { input, up: undefined, options })
  }
  if (entry.kind === 'duplex') {
    return (input: unknown, up: StreamCall['up'], options: ProcedureCallOptions = NO_OPTIONS) =>
      invoker.open(entry, { input, up, options })
  }
  return (input: unknown, options: KeyedCallOptions = NO_OPTIONS) => invoker.call(entry, input, options)
}
