import { type ProcedureEntry, TautlineError, validate } from '@tautline/core'
import { encodeCanonically, type PackingCodec, packProven, shareValue } from '@tautline/core/peer'
import { keyOf } from './publish-key.ts'
import type { TopicEvent } from './topics.ts'

/** Checks and encodes what `publish` was given. Throws what `publish` says that it throws for it. */
export function createTopicEvent(codec: PackingCodec, entry: ProcedureEntry, args: readonly unknown[]): TopicEvent {
  const { def } = entry
  const [params, payload, options] = def.params === undefined ? [undefined, ...args] : args
  const key = keyOf(entry, options)
  // Params are checked and sent as they are: a topic is named alike by those who listen and those who publish.
  check(entry, 'params', params)
  const body = packProven(codec, { schema: def.payload, form: 'packed' }, payload) ?? check(entry, 'payload', payload)
  return {
    entry,
    params: def.params === undefined ? undefined : encodeCanonically(codec, params),
    payload: shareValue(codec, def.payload, body),
    key,
  }
}

function check({ def, path }: ProcedureEntry, part: 'params' | 'payload', value: unknown): unknown {
  const schema = def[part]
  if (schema === undefined) return undefined
  const checked = validate(schema, value)
  if (checked instanceof Promise) {
    throw new TypeError(`Expected the ${part} of \`${path}\` to have a synchronous schema`)
  }
  if (checked.ok) return checked.value
  const { issues, cause } = checked
  const message = `Expected the ${part} of \`${path}\` to match the contract`
  throw new TautlineError('INVALID_OUTPUT', { message, data: { issues }, cause })
}
