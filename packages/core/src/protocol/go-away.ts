import {
  countPresent,
  eachEntry,
  type Mutable,
  readUints,
  required,
  writeStringEntry,
  writeTextEntry,
  writeUintEntry,
  writeUintsEntry,
} from './control-map.ts'
import { FIELD_BOUNDS } from './field-bounds.ts'
import type { GoAway } from './frame.ts'
import type { Reader } from './reader.ts'
import { malformed } from './violation.ts'
import type { Writer } from './writer.ts'

/**
 * The map of GOAWAY.
 *
 * Owns: the keys, and what each may hold. Must not know: when a server goes.
 * Normative text: PROTOCOL.md, "Closing".
 */
export function writeGoAway(writer: Writer, goAway: GoAway): void {
  writer.writeMapHeader(3 + countPresent([goAway.to]))
  writeTextEntry(writer, 'why', goAway.why, FIELD_BOUNDS.wordBytes)
  writeUintEntry(writer, 'drain', Math.ceil(goAway.drainMs))
  writeUintsEntry(writer, 'delay', [Math.ceil(goAway.delayMs[0]), Math.ceil(goAway.delayMs[1])])
  if (goAway.to !== undefined) writeStringEntry(writer, 'to', goAway.to)
}

export function readGoAway(reader: Reader): GoAway {
  const fields: Partial<Mutable<GoAway>> = {}
  eachEntry(reader, 'goaway', (key) => {
    switch (key) {
      case 'why':
        fields.why = reader.readString('goaway.why', FIELD_BOUNDS.wordBytes)
        return
      case 'drain':
        fields.drainMs = reader.readUint('goaway.drain')
        return
      case 'delay':
        fields.delayMs = readDelay(reader)
        return
      case 'to':
        fields.to = reader.readString('goaway.to', FIELD_BOUNDS.addressBytes)
        return
      default:
        reader.skip()
    }
  })
  return {
    why: fields.why ?? '',
    drainMs: required(fields.drainMs, 'goaway.drain'),
    delayMs: required(fields.delayMs, 'goaway.delay'),
    to: fields.to,
  }
}

function readDelay(reader: Reader): readonly [min: number, max: number] {
  const [min, max] = readUints(reader, 'goaway.delay', 2)
  const delay = [required(min, 'goaway.delay'), required(max, 'goaway.delay')] as const
  if (delay[1] < delay[0]) throw malformed('Expected `goaway.delay` to be a least and a greatest delay')
  return delay
}
