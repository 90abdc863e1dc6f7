// The talks of PROTOCOL.md and the messages of its vectors, as stories to begin with.
import { decodeEnvelope } from '@tautline/core/protocol'
import protocol from '../../../packages/core/PROTOCOL.md' with { type: 'text' }
import { DEFAULT_LIMITS } from '../../../packages/core/src/protocol/limits.ts'
import { fromHex } from '../../../packages/core/src/protocol/vector-notation.fixture.ts'
import messages from '../../../packages/core/vectors/messages.json' with { type: 'json' }

type Side = 'client' | 'server'

const BLOCKS = /^```talk\n(.*?)^```$/gms
const LINES = /^([CS]) (\S+)$/gm

/** What one side says: all talks as one, then each message of the vectors behind the talk. */
export function talkOf(side: Side): readonly (readonly Uint8Array[])[] {
  const letter = side === 'client' ? 'C' : 'S'
  const talk = [...protocol.matchAll(BLOCKS)].flatMap(([, block = '']) =>
    [...block.matchAll(LINES)].filter(([, from]) => from === letter).map(([, , hex = '']) => fromHex(hex)),
  )
  const [first = new Uint8Array()] = talk
  const vectors = (messages as readonly { readonly hex: string }[]).map(({ hex }) => fromHex(hex))
  return [talk, ...vectors.map((message) => [message]), ...vectors.map((message) => [first, message])]
}

export function bodiesOf(talk: readonly Uint8Array[]): readonly Uint8Array[] {
  return talk.map((message) => decodeEnvelope(message, DEFAULT_LIMITS).body)
}

/** What is said as steps of a kind. */
export function stepsOf(kind: number, argument: number, said: readonly Uint8Array[]): Uint8Array[] {
  return said.map((bytes) => Uint8Array.of(kind, argument, ...bytes))
}
