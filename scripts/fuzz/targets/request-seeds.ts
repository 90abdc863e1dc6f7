import { type ContractTree, entryOf, type ProcedureEntry } from '@tautline/core'
import { encodeFrame, type Frame, FrameType, type ValueCodec } from '@tautline/core/protocol'

const INPUTS: readonly unknown[] = [
  undefined,
  1,
  2,
  'x',
  ['a', 2],
  { ids: ['a', 'b'] },
  { id: 'a', n: 1 },
  { id: 'a', n: 1, at: new Date(0) },
  { room: 'lobby' },
  new Map<unknown, unknown>([['a', new Set([1])]]),
]

/** Requests of every procedure, by path and by index, each followed by what may follow it. */
export function requestSeeds(api: ContractTree, codec: ValueCodec): readonly (readonly Uint8Array[])[] {
  return Object.values(api).flatMap((procedure) => {
    const entry = entryOf(procedure as Parameters<typeof entryOf>[0])
    return INPUTS.flatMap((input) =>
      [entry.path, entry.index].map((ref) =>
        framesOf(entry, ref, input === undefined ? undefined : codec.encode(input)).map(bodyOf),
      ),
    )
  })
}

function framesOf({ kind }: ProcedureEntry, ref: string | number, input: Uint8Array | undefined): readonly Frame[] {
  const request = { id: 1, procedure: ref, input, timeoutMs: undefined, meta: undefined }
  switch (kind) {
    case 'query':
      return [{ type: FrameType.Call, ...request }]
    case 'mutation':
      return [{ type: FrameType.Call, ...request, timeoutMs: 1000, meta: { key: 'once' } }]
    case 'event':
      return [
        { type: FrameType.Listen, id: 1, event: ref, params: input },
        { type: FrameType.Cancel, id: 1 },
      ]
    case 'subscription':
    case 'duplex':
    default:
      return [
        { type: FrameType.Open, ...request, resume: undefined },
        {
          type: FrameType.Items,
          id: 1,
          count: 1,
          values: Uint8Array.of(0x91, ...(input ?? [0xc0])),
          resumes: undefined,
        },
        { type: FrameType.Credit, id: 1, items: 4, bytes: 1000 },
        { type: FrameType.End, id: 1 },
      ]
  }
}

function bodyOf(frame: Frame): Uint8Array {
  return Uint8Array.of(0x91, ...encodeFrame(frame))
}
