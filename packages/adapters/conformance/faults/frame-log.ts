import type { FrameUnit } from './stream-reader.ts'

export interface PassedFrame extends FrameUnit {
  /** `part`: the direction broke off inside of it, or has come no further yet. */
  readonly fate: 'passed' | 'part' | 'dropped'
}

interface Waiting {
  readonly index: number
  readonly resolve: (frame: PassedFrame) => void
  readonly reject: (error: Error) => void
}

/** The frames of one direction, and who waits for them. */
export class FrameLog {
  readonly #frames: PassedFrame[] = []
  readonly #waiting = new Set<Waiting>()
  #state: 'going-on' | 'broken-off' = 'going-on'

  get frames(): readonly PassedFrame[] {
    return this.#frames
  }

  note(unit: FrameUnit, fate: PassedFrame['fate']): void {
    this.#frames[unit.index] = { ...unit, fate }
    this.#tell()
  }

  /** Resolves when frame `index` is through or lost, and rejects when the connection ends before. */
  frame(index: number): Promise<PassedFrame> {
    return new Promise((resolve, reject) => {
      this.#waiting.add({ index, resolve, reject })
      this.#tell()
    })
  }

  /** Of a frame that has come in part no more will come. */
  breakOff(): void {
    this.#state = 'broken-off'
    this.#tell()
  }

  /** Nothing will come any more. */
  end(): void {
    this.breakOff()
    for (const { index, reject } of this.#waiting) {
      reject(
        new Error(`Expected frame ${String(index)} to come, got ${String(this.#frames.length)} frames and the end`),
      )
    }
    this.#waiting.clear()
  }

  #tell(): void {
    for (const waiting of this.#waiting) {
      const frame = this.#frames[waiting.index]
      if (frame === undefined || (frame.fate === 'part' && this.#state === 'going-on')) continue
      this.#waiting.delete(waiting)
      waiting.resolve(frame)
    }
  }
}
