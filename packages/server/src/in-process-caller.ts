import { type ContractTree, type ProcedureEntry, TautlineError } from '@tautline/core'
import type { Clock } from '@tautline/core/io'
import {
  Caller,
  type CallObserver,
  createLoopback,
  createProcedureCaller,
  createRemoteInvoker,
  type HandlerErrorReport,
  type KeyedCallOptions,
  type KeyedCalls,
  type PackingCodec,
  type PeerHandle,
  type ProcedureCaller,
  type ProcedureInvoker,
  type ServedProcedures,
} from '@tautline/core/peer'

export interface InProcessCallerOptions<T extends ContractTree> {
  readonly api: T
  readonly implementation: ServedProcedures
  readonly context: object
  readonly auth: unknown
  readonly clock: Clock
  readonly codec: PackingCodec
  readonly keyed: KeyedCalls
  readonly observer: CallObserver | undefined
  readonly onError: (report: HandlerErrorReport) => void
  readonly createErrorId: () => string
}

/** Calls handlers of this process through the same dispatcher as clients do; the bytes alone stay here. */
export function createInProcessCaller<T extends ContractTree>(
  options: InProcessCallerOptions<T>,
): ProcedureCaller<T, KeyedCallOptions> {
  const { api, implementation, context, auth, clock, codec, keyed, observer, onError, createErrorId } = options
  const loopback = createLoopback(clock)
  const caller = new Caller(loopback.callerLink, () => {})
  const dispatcher = implementation['~createDispatcher'](implementation, {
    link: loopback.calleeLink,
    connection: createInProcessPeer(implementation),
    context,
    auth,
    keyed,
    setting: { codec, observer, onError, createErrorId, now: () => clock.now() },
  })
  loopback.join(caller, dispatcher)
  const refOf = (entry: ProcedureEntry): number => entry.index
  return createProcedureCaller(api, createRemoteInvoker({ caller, codec, refOf, validates: false }))
}

/** The other end is this process: it serves nothing of what a client does. */
function createInProcessPeer(implementation: ServedProcedures): PeerHandle {
  const nobody: ProcedureInvoker = {
    call: (entry) => Promise.reject(notServed(entry)),
    open(entry) {
      throw notServed(entry)
    },
  }
  return {
    id: 'in-process',
    remoteAddress: undefined,
    client: createProcedureCaller(implementation['~calls'] ?? {}, nobody),
    close() {},
    terminate() {},
  }
}

function notServed(entry: ProcedureEntry): TautlineError {
  return new TautlineError('UNKNOWN_PROCEDURE', { message: `Nobody serves \`${entry.path}\` to a call in-process` })
}
