/**
 * The contract as objects that call: what an application holds in its hands.
 *
 * Owns: which member of the contract becomes what. Must not know: connections, payloads.
 */
import { entryOf, isProcedure, type ProcedureEntry, type ProcedureKind } from '@tautline/core'
import type { ItemSource } from '@tautline/core/peer'
import { startCall } from './call.ts'
import type { Listening, ListenOptions, MutateOptions, StreamOptions, SubscribeOptions } from './client-types.ts'
import { openStream } from './item-stream.ts'
import type { Line } from './line.ts'
import type { Topics } from './topics.ts'

export interface ClientParts {
  readonly line: Line
  readonly topics: Topics
}

/** Makes the members of one group of a contract, groups inside of it included. */
export function createGroup(group: object, parts: ClientParts): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const [name, child] of Object.entries(group) as [string, object][]) {
    members[name] = isProcedure(child) ? createMember(entryOf(child), parts) : Object.freeze(createGroup(child, parts))
  }
  return members
}

type CreateMember = (entry: ProcedureEntry, parts: ClientParts) => object

const createCall: CreateMember = (entry, { line }) => {
  return (input?: unknown, options?: MutateOptions) => startCall(line, entry, { input, options })
}

const CREATE_MEMBER: Readonly<Record<ProcedureKind, CreateMember>> = {
  query: createCall,
  mutation: createCall,
  subscription: (entry, { line }) => {
    return (input?: unknown, options?: SubscribeOptions<unknown>) =>
      openStream(line, entry, { input, up: undefined, options })
  },
  duplex: (entry, { line }) => {
    return (input: unknown, up: ItemSource<unknown>, options?: StreamOptions) =>
      openStream(line, entry, { input, up, options })
  },
  event: (entry, { topics }) => Object.freeze({ on: createListen(entry, topics) }),
}

function createMember(entry: ProcedureEntry, parts: ClientParts): object {
  return CREATE_MEMBER[entry.kind](entry, parts)
}

type Receive = (payload: unknown) => void

/** An event without params is listened to without them. */
function createListen(entry: ProcedureEntry, topics: Topics) {
  return (...args: [Receive, ListenOptions?] | [unknown, Receive, ListenOptions?]): Listening => {
    const [params, receive, options = {}] = hasParams(args) ? args : [undefined, ...args]
    return topics.listen(entry, params, { receive, options })
  }
}

function hasParams(
  args: [Receive, ListenOptions?] | [unknown, Receive, ListenOptions?],
): args is [unknown, Receive, ListenOptions?] {
  // Nothing that can be sent is a function.
  return typeof args[0] !== 'function'
}
