import { FIELD_BOUNDS } from './field-bounds.ts'
import { FIRST_IGNORED_TYPE, type Frame, FrameType } from './frame.ts'
import { FRAME_LAYOUTS, type FrameLayout } from './frame-layout.ts'
import { readCall, readOk } from './frequent-frames.ts'
import type { Reader } from './reader.ts'
import { malformed, protocolError } from './violation.ts'

/**
 * Bytes to frames.
 *
 * Owns: what a frame must have to be believed. Must not know: whether it is allowed now.
 * Normative text: PROTOCOL.md, "Frames".
 *
 * Returns `undefined` for a frame of a type that is to be ignored. Fields behind the known ones are checked and left.
 */
export function readFrame(reader: Reader): Frame | undefined {
  const length = reader.readArrayHeader('frame')
  if (length === 0 || length > FIELD_BOUNDS.frameFields) {
    throw malformed(`Expected a frame to have 1 to ${FIELD_BOUNDS.frameFields} fields, got ${length}`)
  }
  const type = reader.readUint('type')
  if (type >= FIRST_IGNORED_TYPE) {
    for (let i = 1; i < length; i += 1) reader.skip()
    return undefined
  }
  const layout = FRAME_LAYOUTS[type]
  if (layout === undefined) throw protocolError(`Unknown frame type ${type}`)
  const { least, fields } = layout
  if (length <= least) throw malformed(`Expected a frame of type ${type} to have ${least + 1} fields, got ${length}`)
  const frame = readKnown(reader, type, length) ?? readByLayout(reader, { type, layout, length })
  for (let i = fields.length + 1; i < length; i += 1) reader.skip()
  return frame
}

function readKnown(reader: Reader, type: number, length: number): Frame | undefined {
  if (type === FrameType.Call) return readCall(reader, length)
  return type === FrameType.Ok ? readOk(reader, length) : undefined
}

interface Known {
  readonly type: number
  readonly layout: FrameLayout
  readonly length: number
}

/** What stands behind the type, by the table. */
export function readByLayout(reader: Reader, { type, layout: { fields }, length }: Known): Frame {
  const frame: Record<string, unknown> = { type }
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i]!
    frame[field.name] = i + 1 < length ? field.type.read(reader, field.name) : undefined
  }
  // The layout has a field for each member of the frame.
  return frame as unknown as Frame
}
