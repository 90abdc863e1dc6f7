/** What is noted of a schedule while it runs, and the first promise that was broken. */

/** As in docs/testing.md, "How the line itself is tested". */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'session lost' | 'fault'

export interface Accusation {
  readonly invariant: Invariant
  readonly text: string
  readonly at: number
}

interface Note {
  readonly at: number
  readonly who: string
  readonly what: string
}

export class Referee {
  readonly #now: () => number
  readonly #notes: Note[] = []
  #accusation: Accusation | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  get accusation(): Accusation | undefined {
    return this.#accusation
  }

  note(who: string, what: string): void {
    this.#notes.push({ at: this.#now(), who, what })
  }

  /** Only the first counts: what follows may be its doing. Never throws, for whoever calls this may be inside of a hook. */
  accuse(invariant: Invariant, text: string): void {
    if (this.#accusation !== undefined) return
    this.#accusation = { invariant, text, at: this.#now() }
    this.note('VIOLATED', `${invariant}: ${text}`)
  }

  /** One line per note, oldest first. */
  story(): string {
    return this.#notes
      .map(({ at, who, what }) => `${at.toFixed(0).padStart(8)} ms  ${who.padEnd(10)} ${what}`)
      .join('\n')
  }
}
