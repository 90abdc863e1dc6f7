/**
 * One direction of a proxied connection: what comes out of `source` goes into `sink`, unless a fault says otherwise.
 *
 * Owns: where in the stream a fault strikes, what passes and what does not. Must not know: the other direction, how a
 * connection is admitted.
 */
import type { Socket } from 'node:net'
import { type Act, firstFault, type Place, type PlannedFault } from './fault-place.ts'
import { FrameLog, type PassedFrame } from './frame-log.ts'
import { type Pace, PacedWriter } from './paced-writer.ts'
import { type Segment, type StreamReader, sizeOf } from './stream-reader.ts'
import type { TimerSet } from './timer-set.ts'

export interface LaneOptions {
  readonly source: Socket
  readonly sink: Socket
  readonly reader: StreamReader
  readonly timers: TimerSet
  /** The whole connection is to be reset. */
  readonly onReset: () => void
}

/** `acting`: what was read before a fault is still being written. */
type Mode = 'flowing' | 'stalled' | 'dropping' | 'acting' | 'ended'

/** Read ahead of a slow sink. */
const MOST_HELD_BYTES = 64 * 1024

export class Lane {
  readonly #options: LaneOptions
  readonly #writer: PacedWriter
  readonly #inbox: Segment[] = []
  readonly #plan: PlannedFault[] = []
  readonly #framesToDrop = new Set<number>()
  readonly #log = new FrameLog()
  #mode: Mode = 'flowing'
  #source: 'open' | 'end' | 'reset' = 'open'
  #passedBytes = 0
  #droppedBytes = 0

  constructor(options: LaneOptions) {
    this.#options = options
    const { source, sink, reader, timers } = options
    this.#writer = new PacedWriter(sink, timers, () => {
      this.#regulate()
    })
    source.on('data', (chunk: Buffer) => {
      this.#take(chunk, reader)
    })
    source.on('end', () => {
      // Nobody is left who could answer this FIN.
      if (sink.destroyed) source.end()
      this.#sourceEnded('end')
    })
  }

  get mode(): Mode {
    return this.#mode
  }

  /** Frames that came as far as this, in order, whatever became of them. */
  get frames(): readonly PassedFrame[] {
    return this.#log.frames
  }

  get passedBytes(): number {
    return this.#passedBytes
  }

  get droppedBytes(): number {
    return this.#droppedBytes
  }

  /** Resolves when frame `index` is through or lost, and rejects when the connection ends before. */
  frame(index: number): Promise<PassedFrame> {
    return this.#log.frame(index)
  }

  /** Plans a fault. What is planned for a place that is already behind does not happen. */
  at(place: Place, act: Act): void {
    this.#plan.push({ place, act })
  }

  /** Takes one frame out of the stream, as no network does and a faulty peer might. */
  dropFrame(index: number): void {
    this.#framesToDrop.add(index)
  }

  setPace(pace: Pace): void {
    this.#writer.setPace(pace)
  }

  stall(): void {
    this.#setMode('stalled')
  }

  drop(): void {
    this.#log.breakOff()
    this.#setMode('dropping')
  }

  /** As if nothing had been: what a stall held back goes on. What was dropped is lost. */
  flow(): void {
    this.#setMode('flowing')
  }

  /** The source is gone without a FIN. A stalled or dropping lane keeps that for itself. */
  sourceReset(): void {
    this.#sourceEnded('reset')
  }

  /** The sink is gone: nothing passes any more, and what is held is forgotten. */
  stop(): void {
    // A stall goes on: the source must not find out by being read again.
    if (this.#mode !== 'stalled') this.#options.source.resume()
    this.#mode = 'ended'
    this.#inbox.length = 0
    this.#writer.stop()
    this.#log.end()
  }

  #setMode(mode: Mode): void {
    if (this.#mode === 'acting' || this.#mode === 'ended') return
    this.#mode = mode
    this.#process()
  }

  #take(chunk: Buffer, reader: StreamReader): void {
    if (this.#mode === 'ended') {
      this.#droppedBytes += chunk.byteLength
      return
    }
    this.#inbox.push(...reader.read(chunk))
    this.#process()
  }

  #sourceEnded(how: 'end' | 'reset'): void {
    this.#source = how
    this.#process()
  }

  #process(): void {
    while (this.#mode === 'flowing' || this.#mode === 'dropping') {
      const segment = this.#inbox.shift()
      if (segment === undefined) break
      if (this.#mode === 'dropping') this.#lose(segment)
      else this.#handOn(segment)
    }
    if (this.#mode === 'flowing' && this.#source !== 'open' && this.#inbox.length === 0) this.#act(this.#source)
    this.#regulate()
  }

  #handOn(segment: Segment): void {
    const next = firstFault(this.#plan, segment, this.#passedBytes)
    if (next === undefined) {
      this.#pass(segment)
      return
    }
    const { fault, offset } = next
    const { unit, from, bytes } = segment
    this.#plan.splice(this.#plan.indexOf(fault), 1)
    if (offset > 0) this.#pass({ unit, from, bytes: bytes.subarray(0, offset) })
    const rest = bytes.subarray(offset)
    if (rest.byteLength > 0) this.#inbox.unshift({ unit, from: from + offset, bytes: rest })
    this.#act(fault.act)
  }

  #pass(segment: Segment): void {
    const { unit, from, bytes } = segment
    if (unit.type === 'frame' && this.#framesToDrop.has(unit.index)) {
      this.#lose(segment)
      return
    }
    this.#passedBytes += bytes.byteLength
    this.#writer.write(bytes)
    if (unit.type === 'frame') this.#log.note(unit, from + bytes.byteLength === sizeOf(unit) ? 'passed' : 'part')
  }

  #lose({ unit, bytes }: Segment): void {
    this.#droppedBytes += bytes.byteLength
    if (unit.type === 'frame') this.#log.note(unit, this.frames[unit.index]?.fate === 'part' ? 'part' : 'dropped')
  }

  #act(act: Act): void {
    if (act === 'stall' || act === 'drop') {
      this.#mode = act === 'stall' ? 'stalled' : 'dropping'
      if (act === 'drop') this.#log.breakOff()
      return
    }
    this.#mode = 'acting'
    this.#writer.whenFlushed(() => {
      this.#mode = 'ended'
      this.#log.breakOff()
      if (act === 'reset') this.#options.onReset()
      else this.#options.sink.end()
    })
  }

  /** Reads no further than the sink takes it, and not at all while stalled. */
  #regulate(): void {
    const { source } = this.#options
    const reads =
      this.#mode === 'dropping' ||
      this.#mode === 'ended' ||
      (this.#mode === 'flowing' && this.#writer.heldBytes < MOST_HELD_BYTES)
    if (reads) source.resume()
    else source.pause()
  }
}
