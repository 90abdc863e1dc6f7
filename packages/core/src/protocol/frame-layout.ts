import { FIELD_BOUNDS } from './field-bounds.ts'
import {
  boolean,
  closeCode,
  duration,
  type FieldType,
  meta,
  number,
  optionalPayload,
  optionalPayloadList,
  orNil,
  payload,
  payloadList,
  positive,
  procedure,
  prose,
  text,
  uint,
  word,
} from './field-types.ts'
import { FIRST_IGNORED_TYPE, type Frame, FrameType } from './frame.ts'
import { GO_AWAY } from './go-away.ts'
import { HELLO } from './hello.ts'
import { WELCOME } from './welcome.ts'

/** The fields of one type of frame, those behind its type. */
export interface FrameLayout {
  /** So many of them must be there. */
  readonly least: number
  readonly fields: readonly { readonly name: string; readonly type: FieldType<unknown> }[]
}

/** In the order of the wire. */
type FieldsOf<F extends Frame> = { readonly [K in Exclude<keyof F, 'type'>]: FieldType<F[K]> }

/** PROTOCOL.md, "Frames", row by row: how many fields must be there, and what each may hold. */
const TABLE: { readonly [F in Frame as F['type']]: readonly [least: number, fields: FieldsOf<F>] } = {
  [FrameType.Call]: [
    2,
    { id: positive, procedure, input: optionalPayload, timeoutMs: orNil(duration), meta: orNil(meta) },
  ],
  [FrameType.Open]: [
    2,
    {
      id: positive,
      procedure,
      input: optionalPayload,
      timeoutMs: orNil(duration),
      meta: orNil(meta),
      resume: optionalPayload,
    },
  ],
  [FrameType.Ok]: [1, { id: positive, output: optionalPayload }],
  [FrameType.Error]: [
    3,
    {
      id: positive,
      code: word(FIELD_BOUNDS.errorCodeBytes),
      message: prose(FIELD_BOUNDS.errorMessageBytes),
      data: optionalPayload,
    },
  ],
  [FrameType.Items]: [3, { id: positive, count: positive, values: payloadList, resumes: optionalPayloadList }],
  [FrameType.End]: [1, { id: positive }],
  [FrameType.Cancel]: [1, { id: positive }],
  [FrameType.Credit]: [3, { id: positive, items: uint, bytes: uint }],
  [FrameType.Listen]: [2, { id: positive, event: procedure, params: optionalPayload }],
  [FrameType.Event]: [1, { event: procedure, params: optionalPayload, payload: optionalPayload }],
  [FrameType.Hello]: [1, { hello: HELLO }],
  [FrameType.Welcome]: [1, { welcome: WELCOME }],
  [FrameType.Ping]: [2, { n: uint, t: number }],
  [FrameType.Pong]: [2, { n: uint, t: number }],
  [FrameType.GoAway]: [1, { goAway: GO_AWAY }],
  [FrameType.Auth]: [1, { auth: payload }],
  [FrameType.AuthOk]: [0, { expiresInMs: orNil(duration) }],
  [FrameType.Superseded]: [2, { attempt: uint, gen: uint }],
  [FrameType.Close]: [3, { code: closeCode, reason: prose(FIELD_BOUNDS.reasonBytes), retry: boolean }],
  [FrameType.VolatileEvent]: [
    1,
    {
      event: procedure,
      params: optionalPayload,
      payload: optionalPayload,
      key: orNil(text(FIELD_BOUNDS.keyBytes)),
    },
  ],
}

function layoutOf(type: number): FrameLayout | undefined {
  const row: readonly [number, Readonly<Record<string, FieldType<unknown>>>] | undefined = TABLE[type as Frame['type']]
  if (row === undefined) return undefined
  const [least, fields] = row
  return { least, fields: Object.entries(fields).map(([name, field]) => ({ name, type: field })) }
}

/** By type. */
export const FRAME_LAYOUTS: readonly (FrameLayout | undefined)[] = Array.from(
  { length: FIRST_IGNORED_TYPE },
  (_, type) => layoutOf(type),
)
