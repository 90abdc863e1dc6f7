/**
 * Joins a caller and a callee of one process: what a session does between two, without a wire.
 *
 * Owns: ids, credit and deadlines of calls in this process. Must not know: values, contracts.
 */
import type { Clock } from '../io/ports.ts'
import type { CalleeSide, CallerSide, ItemRoom, SessionLink } from './link.ts'

/** Items of one direction of a stream that may be under way unread. */
const WINDOW_ITEMS = 32

export interface Loopback {
  /** For whoever calls. */
  readonly callerLink: SessionLink
  /** For whoever answers. */
  readonly calleeLink: SessionLink
  /** Before the first call. */
  join(caller: CallerSide, callee: CalleeSide): void
}

interface OpenCall {
  /** Items sent and not yet consumed. */
  down: number
  up: number
  readonly cancelTimer: () => void
}

export function createLoopback(clock: Clock): Loopback {
  const calls = new Map<number, OpenCall>()
  let sides: { readonly caller: CallerSide; readonly callee: CalleeSide } | undefined
  let lastId = 0

  const joined = (): NonNullable<typeof sides> => {
    if (sides === undefined) throw new Error('Expected a loopback to be joined before the first call')
    return sides
  }

  const begin = (id: number, timeoutMs: number | undefined): void => {
    const onTimeout = (): void => {
      if (!settle(id)) return
      joined().callee.onCalleeEffect({ type: 'abort', id, why: 'timeout' })
      joined().caller.onCallerEffect({ type: 'timeout', id })
    }
    const cancelTimer = timeoutMs === undefined ? () => {} : clock.schedule(clock.now() + timeoutMs, onTimeout)
    calls.set(id, { down: 0, up: 0, cancelTimer })
  }

  /** @returns whether it was open until now */
  const settle = (id: number): boolean => {
    calls.get(id)?.cancelTimer()
    return calls.delete(id)
  }

  const callerLink: SessionLink = {
    ...NOTHING,
    nextId: () => (lastId += 1),
    call(request) {
      begin(request.id, request.timeoutMs)
      joined().callee.onCalleeEffect({ type: 'call', ...request })
    },
    open(request) {
      const { id, procedure, input, timeoutMs, meta, resume } = request
      begin(id, timeoutMs)
      joined().callee.onCalleeEffect({ type: 'open', id, procedure, input, timeoutMs, meta, resume })
    },
    cancel(id) {
      if (settle(id)) joined().callee.onCalleeEffect({ type: 'abort', id, why: 'cancelled' })
    },
    itemRoom: (id) => roomBehind(calls.get(id)?.up),
    sendItems(id, batch) {
      const call = calls.get(id)
      if (call === undefined) return
      call.up += batch.count
      joined().callee.onCalleeEffect({ type: 'items', id, ...batch })
    },
    sendEnd(id) {
      if (calls.has(id)) joined().callee.onCalleeEffect({ type: 'end', id })
    },
    itemsConsumed(id, taken) {
      const call = calls.get(id)
      if (call === undefined) return
      call.down -= taken.items
      joined().callee.onCalleeEffect({ type: 'writable', id })
    },
  }

  const calleeLink: SessionLink = {
    ...NOTHING,
    succeed(id, output) {
      if (settle(id)) joined().caller.onCallerEffect({ type: 'ok', id, output })
    },
    fail(id, error) {
      if (settle(id)) joined().caller.onCallerEffect({ type: 'error', id, ...error })
    },
    itemRoom: (id) => roomBehind(calls.get(id)?.down),
    sendItems(id, batch) {
      const call = calls.get(id)
      if (call === undefined) return
      call.down += batch.count
      joined().caller.onCallerEffect({ type: 'items', id, ...batch })
    },
    sendEnd(id) {
      if (settle(id)) joined().caller.onCallerEffect({ type: 'end', id })
    },
    itemsConsumed(id, taken) {
      const call = calls.get(id)
      if (call === undefined) return
      call.up -= taken.items
      joined().caller.onCallerEffect({ type: 'writable', id })
    },
  }

  return {
    callerLink,
    calleeLink,
    join(caller, callee) {
      sides = { caller, callee }
    },
  }
}

/** @param unread items of a direction; `undefined` where the call is over */
function roomBehind(unread: number | undefined): ItemRoom | undefined {
  if (unread === undefined || unread >= WINDOW_ITEMS) return undefined
  return { items: WINDOW_ITEMS - unread, bytes: Number.POSITIVE_INFINITY, batchBytes: Number.POSITIVE_INFINITY }
}

/** The moves that only one of the two ends makes, or that mean nothing without a wire. */
const NOTHING: SessionLink = {
  nextId: () => 0,
  call() {},
  open() {},
  listen() {},
  cancel() {},
  isUnsent: () => false,
  succeed() {},
  fail() {},
  itemRoom: () => undefined,
  sendItems() {},
  itemsCollected: () => true,
  collect: (flush) => flush(),
  sendEnd() {},
  hasRoom: () => true,
  itemsConsumed() {},
  sendPlain() {},
}
