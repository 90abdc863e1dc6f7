import { type Segment, sizeOf, type Unit } from './stream-reader.ts'

/** A place in a direction's bytes. `inside` is the middle of a frame: some of it has passed, and some has not. */
export type Place = { readonly byte: number } | FramePlace

type FramePlace = { readonly before: number } | { readonly inside: number } | { readonly after: number }

/**
 * What happens at a place, once all before it has been handed on. `stall`: nothing is read any more, so the sender meets
 * back-pressure. `drop`: what comes is read and vanishes, as on a half-open link. `end`: FIN. `reset`: RST, both ways.
 */
export type Act = 'stall' | 'drop' | 'end' | 'reset'

export interface PlannedFault {
  readonly place: Place
  readonly act: Act
}

export interface FaultInSegment {
  readonly fault: PlannedFault
  /** So many bytes of the segment are in front of it. */
  readonly offset: number
}

/** The first fault of the plan that strikes in this segment, `passedBytes` behind the start of its direction. */
export function firstFault(
  plan: readonly PlannedFault[],
  segment: Segment,
  passedBytes: number,
): FaultInSegment | undefined {
  let first: FaultInSegment | undefined
  for (const fault of plan) {
    const { place } = fault
    const offset = 'byte' in place ? place.byte - passedBytes : placeInFrame(place, segment.unit) - segment.from
    if (!(offset >= 0 && offset <= segment.bytes.byteLength)) continue
    if (first === undefined || offset < first.offset) first = { fault, offset }
  }
  return first
}

/** So many bytes behind the start of the unit; NaN where it is not that frame. */
function placeInFrame(place: FramePlace, unit: Unit): number {
  if (unit.type !== 'frame') return Number.NaN
  if ('before' in place) return place.before === unit.index ? 0 : Number.NaN
  if ('inside' in place) return place.inside === unit.index ? Math.floor(sizeOf(unit) / 2) : Number.NaN
  return place.after === unit.index ? sizeOf(unit) : Number.NaN
}
