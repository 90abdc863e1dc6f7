import { type Frame, FrameType } from './frame.ts'
import { FRAME_LAYOUTS } from './frame-layout.ts'
import { writeCall, writeOk } from './frequent-frames.ts'
import { Writer } from './writer.ts'

/**
 * Frames to bytes.
 *
 * Owns: which fields are left out. Must not know: how messages are put together, when they leave.
 * Normative text: PROTOCOL.md, "Frames".
 */
export function writeFrame(writer: Writer, frame: Frame): void {
  if (frame.type === FrameType.Call) writeCall(writer, frame)
  else if (frame.type === FrameType.Ok) writeOk(writer, frame)
  else writeByLayout(writer, frame)
}

export function writeByLayout(writer: Writer, frame: Frame): void {
  const { least, fields } = FRAME_LAYOUTS[frame.type]!
  // The layout has a field for each member of the frame.
  const members = frame as unknown as Readonly<Record<string, unknown>>
  let present = fields.length
  while (present > least && members[fields[present - 1]!.name] === undefined) present -= 1
  writer.writeArrayHeader(1 + present)
  writer.writeUint(frame.type, 'type')
  for (let i = 0; i < present; i += 1) {
    const { name, type } = fields[i]!
    type.write(writer, members[name], name)
  }
}

/** One frame alone. */
export function encodeFrame(frame: Frame): Uint8Array {
  const writer = new Writer()
  writeFrame(writer, frame)
  return writer.copy(0)
}
